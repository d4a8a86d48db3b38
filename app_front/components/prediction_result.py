"""One prediction in words that promise no more than the model can deliver."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app_front import translations as texts
from app_front.api_responses import Contribution, Patient, Prediction
from app_front.components.elements import draw_caption, draw_section_heading
from app_front.components.fields import CODE_OF_GROUP, GROUP_OF_CODE, format_value
from app_front.components.gauge import RISK_DIGITS, Reason, draw_gauge, draw_reason_bars
from app_front.components.patient_summary import describe_patient
from app_front.field_messages import field_label
from app_front.language import format_decimal, format_moment, format_percent, translate
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
    draw_caption(texts.NOT_A_DIAGNOSIS)


def draw_reasons(contributions: Sequence[Contribution] | None, patient: Patient) -> None:
    """Draw the fields that moved the risk most; None says that no explanation is available."""
    draw_section_heading(texts.REASONS)
    if not contributions:
        draw_caption(texts.NO_REASONS)
        return
    reasons = []
    for name, contribution in _largest_contributions(contributions, patient):
        field = FIELD_BY_NAME[name]
        value = format_value(field, patient.get(name))
        reasons.append(Reason(field_label(name), value, contribution))
    draw_reason_bars(reasons)
    draw_caption(texts.REASONS_NOTE)


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


def _largest_contributions(
    contributions: Sequence[Contribution], patient: Patient
) -> list[tuple[str, float]]:
    """Return (field, contribution) of the fields as filled in, the largest in size first.

    A code and its group count as one field, the one that the visitor chose: the API derives the
    other from it.
    """
    totals: dict[str, float] = {}
    for contribution in contributions:
        name = _filled_in_field(contribution["field"], patient)
        totals.setdefault(name, 0.0)
        totals[name] += contribution["contribution"]
    largest_first = sorted(
        totals.items(),
        key=lambda item: abs(item[1]),
        reverse=True,
    )
    return largest_first[:REASONS_SHOWN]


def _filled_in_field(name: str, patient: Patient) -> str:
    """Return the field of a code and its group that was filled in; ``name`` for other fields."""
    code = CODE_OF_GROUP.get(name, name)
    if code not in GROUP_OF_CODE:
        return name
    if patient.get(code) is not None:
        return code
    return GROUP_OF_CODE[code]
