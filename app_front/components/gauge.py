"""The drawings of one result: the risk on its scale, and what moved it."""

from html import escape

import streamlit as st

from app_front import translations as texts
from app_front.language import NOTHING, percent, say

DIGITS = 1
"""Whole percents would write a risk just above the threshold like the threshold itself."""


def draw_gauge(risk: float, threshold: float, base_rate: float | None) -> None:
    """Draw the risk from 0 to 100 % with the threshold above the scale and the base rate below it."""
    spoken = say(
        texts.GAUGE,
        risk=percent(risk, DIGITS),
        threshold=percent(threshold, DIGITS),
        base=NOTHING if base_rate is None else percent(base_rate, DIGITS),
    )
    level = "above" if risk >= threshold else "below"
    st.html(
        f'<div class="gauge {level}" role="img" aria-label="{escape(spoken)}">'
        f'<p class="risk"><strong>{percent(risk, DIGITS)}</strong> {escape(say(texts.RISK))}</p>'
        f"{_mark('over', say(texts.THRESHOLD), threshold)}"
        f'<div class="scale"><div class="fill" style="width:{100 * risk:.2f}%"></div></div>'
        f"{'' if base_rate is None else _mark('under', say(texts.BASE_RATE), base_rate)}</div>"
    )


def draw_bars(reasons: list[tuple[str, str, float]]) -> None:
    """Draw (field, value, contribution) as a list of bars, right of the middle for what raises the risk."""
    widest = max((abs(weight) for *_, weight in reasons), default=0) or 1
    items = "".join(
        _reason(name, value, weight, 50 * abs(weight) / widest) for name, value, weight in reasons
    )
    st.html(f'<ul class="reasons">{items}</ul>')


def _mark(side: str, name: str, share: float) -> str:
    anchor = min(max(100 * share, 0), 100)
    shift = "right" if anchor > 70 else "left"
    return (
        f'<div class="mark {side} {shift}" style="left:{anchor:.2f}%">'
        f"<span>{escape(name)}\N{NO-BREAK SPACE}{percent(share, DIGITS)}</span></div>"
    )


def _reason(name: str, value: str, weight: float, width: float) -> str:
    word, way = (say(texts.RAISES), "raises") if weight > 0 else (say(texts.LOWERS), "lowers")
    return (
        f'<li class="{way}"><span class="name">{escape(name)}: <b>{escape(value)}</b></span>'
        f'<span class="way">{"▲" if weight > 0 else "▼"} {escape(word)}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{width:.1f}%"></i></span></li>'
    )
