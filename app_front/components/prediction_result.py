"""What one prediction says, in words that promise no more than the model holds."""

from typing import Any

import streamlit as st

from app_front import translations as texts
from app_front.components.fields import GROUP_OF_CODE, Value, value_text
from app_front.components.gauge import DIGITS, draw_bars, draw_gauge
from app_front.language import current, decimal, percent, say
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
    st.markdown(f"{hundred} {_times(risk, base_rate) if base_rate else ''}")
    st.caption(say(texts.NOT_A_DIAGNOSIS))


def _times(risk: float, base_rate: float) -> str:
    return say(
        texts.TIMES_BASE, times=decimal(risk / base_rate, 1), base=percent(base_rate, DIGITS)
    )


def draw_reasons(reasons: list[dict[str, Any]] | None, patient: dict[str, Value]) -> None:
    """Draw what moved the risk most, field by field as it was filled in."""
    st.subheader(say(texts.REASONS), anchor=False)
    if not reasons:
        st.caption(say(texts.NO_REASONS))
        return
    weights = sorted(_by_field_told(reasons, patient).items(), key=lambda one: -abs(one[1]))
    draw_bars([_named(name, patient.get(name), weight) for name, weight in weights[:REASONS_SHOWN]])
    st.caption(say(texts.REASONS_NOTE))


def _by_field_told(reasons: list[dict[str, Any]], patient: dict[str, Value]) -> dict[str, float]:
    """Count a code and its group as the one of them that the visitor chose: the API takes the other from it."""
    weights: dict[str, float] = {}
    for reason in reasons:
        name = reason["field"]
        told = next((pair for pair in GROUP_OF_CODE.items() if name in pair), (name, name))
        chosen = told[0] if patient.get(told[0]) is not None else told[1]
        weights[chosen] = weights.get(chosen, 0.0) + reason["contribution"]
    return weights


def _named(name: str, value: Value, weight: float) -> tuple[str, str, float]:
    field = FIELD_BY_NAME[name]
    return field.label.in_language(current()), value_text(field, value), weight
