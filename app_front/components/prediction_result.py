"""One prediction in words that promise no more than the model can deliver."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from app_front import translations as texts
from app_front.api_responses import Contribution, Patient, Prediction
from app_front.components.elements import draw_caption, draw_figure_heading
from app_front.components.fields import (
    CODE_OF_GROUP,
    GROUP_OF_CODE,
    OPEN_FIELDS,
    format_value,
)
from app_front.components.gauge import RISK_DIGITS, Reason, draw_gauge, draw_reason_bars
from app_front.components.patient_summary import describe_patient
from app_front.field_messages import field_label
from app_front.language import (
    format_decimal,
    format_moment,
    format_percent,
    format_points,
    translate,
)
from readmission.schema import FIELD_BY_NAME, Label

REASONS_SHOWN = 6


def draw_head(patient: Patient, prediction: Prediction, made_at: str) -> None:
    """Draw whose risk it is, when it was calculated, and by which model."""
    who = describe_patient(patient)
    origin = translate(
        texts.RESULT_HEAD,
        moment=format_moment(made_at),
        name=prediction["model_name"],
        version=prediction["model_version"],
    )
    st.html(f'<p class="head"><strong>{escape(who)}</strong><br>{escape(origin)}</p>')


def draw_risk(prediction: Prediction, base_rate: float | None) -> None:
    """Draw the risk and what it means."""
    risk = prediction["probability"]
    is_flagged = prediction["prediction"] == 1
    draw_gauge(risk, prediction["threshold"], base_rate)
    if is_flagged:
        _draw_verdict(texts.ABOVE, texts.ABOVE_MEANS)
    else:
        _draw_verdict(texts.BELOW, texts.BELOW_MEANS)
    _draw_frequency(risk, base_rate)


def draw_reasons(contributions: Sequence[Contribution] | None, values: Patient) -> None:
    """Draw what the entered values add to the risk, and in one line what all others add.

    None for ``contributions`` says that no explanation is available.
    """
    draw_figure_heading(texts.REASONS)
    if not contributions:
        draw_caption(texts.NO_REASONS)
        return
    entered, not_entered = _split_by_entered(contributions, values)
    reasons = []
    for name, contribution in _largest_first(entered)[:REASONS_SHOWN]:
        value = format_value(FIELD_BY_NAME[name], values.get(name))
        reasons.append(Reason(field_label(name), value, contribution))
    if reasons:
        draw_reason_bars(reasons)
    else:
        draw_caption(texts.NOTHING_ENTERED)
    _draw_not_entered(not_entered, values)
    draw_caption(texts.REASONS_NOTE)


def _draw_not_entered(not_entered: Mapping[str, float], values: Patient) -> None:
    """Say what the defaults add together, and how many of the open fields have theirs."""
    total = sum(not_entered.values())
    points = format_points(total)
    sum_of_rest = escape(translate(texts.NOT_ENTERED, points=points))

    names = {_filled_in_field(name, values) for name in OPEN_FIELDS}
    at_default = [name for name in names if not _is_entered(name, values)]
    completeness = translate(texts.AT_DEFAULT, count=len(at_default), total=len(names))

    text = f"<strong>{sum_of_rest}</strong> {escape(completeness)}"
    st.html(f'<p class="not-entered">{text}</p>')


def _draw_verdict(side: Label, meaning: Label) -> None:
    """Say on which side of the threshold the risk is, and what follows from it."""
    verdict = translate(side)
    explanation = translate(meaning)
    st.markdown(f"**{verdict}.** {explanation}")


def _draw_frequency(risk: float, base_rate: float | None) -> None:
    """Say the risk as a number of patients in a hundred, and as a multiple of the base rate."""
    count = round(100 * risk)
    in_a_hundred = translate(texts.OF_A_HUNDRED, count=count)
    times_base = ""
    if base_rate:
        times_base = translate(
            texts.TIMES_BASE,
            times=format_decimal(risk / base_rate, 1),
            base=format_percent(base_rate, RISK_DIGITS),
        )
    st.markdown(f"{in_a_hundred} {times_base}")


def _split_by_entered(
    contributions: Sequence[Contribution], values: Patient
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the contributions by field, of those that were entered and of those that were not.

    A code and its group count as one field, the one that the visitor chose: the API derives the
    other from it.
    """
    entered: dict[str, float] = {}
    not_entered: dict[str, float] = {}
    for contribution in contributions:
        name = _filled_in_field(contribution["field"], values)
        totals = entered if _is_entered(name, values) else not_entered
        totals.setdefault(name, 0.0)
        totals[name] += contribution["contribution"]
    return entered, not_entered


def _largest_first(totals: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return (field, contribution), the largest in size first."""
    return sorted(totals.items(), key=lambda item: abs(item[1]), reverse=True)


def _is_entered(name: str, values: Patient) -> bool:
    """Return whether a field has another value than the one that it begins with."""
    return values.get(name) != FIELD_BY_NAME[name].default


def _filled_in_field(name: str, values: Patient) -> str:
    """Return the field of a code and its group that was filled in; ``name`` for other fields."""
    code = CODE_OF_GROUP.get(name, name)
    if code not in GROUP_OF_CODE:
        return name
    if values.get(code) is not None:
        return code
    return GROUP_OF_CODE[code]
