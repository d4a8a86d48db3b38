"""What one prediction says, in words that promise no more than the model holds."""

from typing import Any

import streamlit as st

from app_front import addresses
from app_front import translations as texts
from app_front.fields import value_text
from app_front.gauge import draw_bars, draw_gauge
from app_front.language import current, decimal, percent, say
from app_front.outcome import ID_PARAMETER
from app_front.screens import history
from readmission.schema import FIELD_BY_NAME

REASONS_SHOWN = 6


def draw_risk(prediction: dict[str, Any], base_rate: float | None) -> None:
    """Draw the risk and what it means."""
    draw_gauge(prediction["probability"], prediction["threshold"], base_rate)
    _draw_meaning(prediction, base_rate)


def _draw_meaning(prediction: dict[str, Any], base_rate: float | None) -> None:
    risk, flagged = prediction["probability"], prediction["prediction"] == 1
    words = (texts.ABOVE, texts.ABOVE_MEANS) if flagged else (texts.BELOW, texts.BELOW_MEANS)
    st.markdown("**{}.** {}".format(*map(say, words)))
    hundred = say(texts.OF_A_HUNDRED, count=round(100 * risk))
    times = say(texts.TIMES_BASE, times=decimal(risk / base_rate, 1), base=percent(base_rate)) if base_rate else ""
    st.markdown(f"{hundred} {times}")
    st.caption(say(texts.NOT_A_DIAGNOSIS))


def draw_reasons(reasons: list[dict[str, Any]] | None) -> None:
    """Draw what moved the risk most."""
    st.subheader(say(texts.REASONS), anchor=False)
    if not reasons:
        st.caption(say(texts.NO_REASONS))
        return
    draw_bars([_named(reason) for reason in reasons[:REASONS_SHOWN]])
    st.caption(say(texts.REASONS_NOTE))


def _named(reason: dict[str, Any]) -> tuple[str, str, float]:
    field = FIELD_BY_NAME[reason["field"]]
    return field.label.in_language(current()), value_text(field, reason["value"]), reason["contribution"]


def draw_origin(prediction: dict[str, Any]) -> None:
    """Draw which model answered, and the id by which an outcome is reported."""
    st.caption(say(texts.MODEL_VERSION, name=f"`{prediction['model_name']}`", version=prediction["model_version"]))
    st.caption(say(texts.PREDICTION_ID))
    st.code(prediction["prediction_id"], language=None)
    st.page_link(
        st.Page(history.show, url_path=addresses.HISTORY), label=say(texts.REPORT_OUTCOME), icon=":material/edit_note:",
        query_params={ID_PARAMETER: prediction["prediction_id"]},
    )  # fmt: skip
