"""Drawings of one prediction: the risk on its scale, and the contributions of the fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from app_front import translations as texts
from app_front.language import NO_VALUE, format_percent, translate

RISK_DIGITS = 1
"""Decimals of a risk: whole percents would hide that a risk is just above the threshold."""

MAX_RISK_DIGITS = 4
"""The most decimals that a risk close to the threshold is shown with."""

LABEL_FLIP_PERCENT = 70
"""From this point of the scale on, a mark's text stands to the left of it, to stay inside."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One field with its formatted value, and what it adds to the risk (negative: lowers it)."""

    field: str
    value: str
    contribution: float


def risk_digits(risk: float, threshold: float) -> int:
    """Return how many decimals show on which side of the threshold a risk is."""
    digits = RISK_DIGITS
    while digits < MAX_RISK_DIGITS and risk != threshold:
        if format_percent(risk, digits) != format_percent(threshold, digits):
            break
        digits += 1
    return digits


def draw_gauge(risk: float, threshold: float, base_rate: float | None) -> None:
    """Draw the risk on a scale from 0 to 100 %, the threshold above it, the base rate below."""
    level = "above" if risk >= threshold else "below"
    digits = risk_digits(risk, threshold)
    description = _description(risk, threshold, base_rate, digits)
    threshold_mark = _mark("over", translate(texts.THRESHOLD), threshold, digits)
    base_rate_mark = ""
    if base_rate is not None:
        base_rate_mark = _mark("under", translate(texts.BASE_RATE), base_rate)
    st.html(
        f'<div class="gauge {level}" role="img" aria-label="{escape(description)}">'
        f"{_risk_line(risk, digits)}"
        f"{threshold_mark}"
        f'<div class="scale"><div class="fill" style="width:{100 * risk:.2f}%"></div></div>'
        f"{base_rate_mark}</div>"
    )


def draw_reason_bars(reasons: Sequence[Reason]) -> None:
    """Draw a bar for each reason: to the right where it raises the risk, else to the left."""
    largest = max(
        (abs(reason.contribution) for reason in reasons),
        default=0.0,
    )
    items = ""
    for reason in reasons:
        items += _reason_item(reason, largest)
    st.html(f'<ul class="reasons">{items}</ul>')


def _description(risk: float, threshold: float, base_rate: float | None, digits: int) -> str:
    """Describe the gauge to those who cannot see it."""
    base = NO_VALUE
    if base_rate is not None:
        base = format_percent(base_rate, RISK_DIGITS)
    return translate(
        texts.GAUGE,
        risk=format_percent(risk, digits),
        threshold=format_percent(threshold, digits),
        base=base,
    )


def _risk_line(risk: float, digits: int) -> str:
    percentage = format_percent(risk, digits)
    caption = translate(texts.RISK)
    return f'<p class="risk"><strong>{percentage}</strong> {escape(caption)}</p>'


def _mark(side: str, name: str, share: float, digits: int = RISK_DIGITS) -> str:
    """Return a mark ``over`` or ``under`` the scale, at a share of its width."""
    left = min(max(100 * share, 0), 100)
    text_side = "right" if left > LABEL_FLIP_PERCENT else "left"
    percentage = format_percent(share, digits)
    return (
        f'<div class="mark {side} {text_side}" style="left:{left:.2f}%">'
        f"<span>{escape(name)}\N{NO-BREAK SPACE}{percentage}</span></div>"
    )


def _reason_item(reason: Reason, largest: float) -> str:
    """Return one reason; the largest one's bar fills half of the width."""
    if reason.contribution > 0:
        direction, arrow, text = "raises", "▲", translate(texts.RAISES)
    else:
        direction, arrow, text = "lowers", "▼", translate(texts.LOWERS)
    field = escape(reason.field)
    value = escape(reason.value)
    bar_width = 0.0
    if largest > 0:
        bar_width = 50 * abs(reason.contribution) / largest
    return (
        f'<li class="{direction}"><span class="name">{field}: <b>{value}</b></span>'
        f'<span class="way">{arrow} {escape(text)}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{bar_width:.1f}%"></i></span></li>'
    )
