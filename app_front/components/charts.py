"""The plots: each from plain numbers, each with a sentence for those who cannot see it."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.language import current, say
from readmission.schema import Label, Language

MAIN, OTHER, QUIET = "#0b6e69", "#c2571a", "#8a9a9d"
HEIGHT = 260
SHARE = alt.Scale(domain=[0, 1])
NUMBERS: dict[Language, alt.NumberLocale] = {
    "es": alt.NumberLocale(
        decimal=",",
        thousands="\N{NO-BREAK SPACE}",
        grouping=[3],
        currency=["", ""],
        percent="\N{NO-BREAK SPACE}%",
    ),
    "en": alt.NumberLocale(
        decimal=".", thousands=",", grouping=[3], currency=["", ""], percent="%"
    ),
}


def draw_curve(
    x: Sequence[float],
    y: Sequence[float],
    titles: tuple[Label, Label],
    name: Label,
    chance: float | None,
) -> None:
    """Draw a curve in the unit square; ``chance`` is a level, None the diagonal."""
    points = pd.DataFrame({"x": x, "y": y})
    line = (
        alt.Chart(points)
        .mark_line(color=MAIN, interpolate="linear")
        .encode(
            alt.X("x", title=say(titles[0]), scale=SHARE),
            alt.Y("y", title=say(titles[1]), scale=SHARE),
            alt.Order("x"),
        )
    )
    _show(_reference(chance, 1.0) + line, name)


def draw_reliability(points: Sequence[Sequence[float]], name: Label) -> None:
    """Draw predicted against observed risk; on the diagonal the model means what it says."""
    table = pd.DataFrame(points, columns=["told", "seen", "rows"])
    top = float(max(table["told"].max(), table["seen"].max())) * 1.1
    scale = alt.Scale(domain=[0, top])
    marks = (
        alt.Chart(table)
        .mark_line(color=MAIN, point=alt.OverlayMarkDef(color=MAIN, size=60))
        .encode(
            alt.X("told", title=say(texts.TOLD_RISK), scale=scale, axis=alt.Axis(format="%")),
            alt.Y("seen", title=say(texts.SEEN_RISK), scale=scale, axis=alt.Axis(format="%")),
        )
    )
    _show(_reference(None, top) + marks, name)


def draw_shares(
    shares: dict[str, Sequence[float]], edges: Sequence[float], title: Label, name: Label
) -> None:
    """Draw histograms over the same bins as outlines, one colour a series."""
    rows = [
        {"edge": edge, "share": share, "series": series}
        for series, values in shares.items()
        for edge, share in zip(edges, [*values, values[-1]], strict=True)
    ]
    colours = alt.Scale(domain=list(shares), range=[QUIET, MAIN])
    chart = alt.Chart(pd.DataFrame(rows)).mark_area(
        interpolate="step-after", line=True, fillOpacity=0.18
    )
    encoded = chart.encode(
        alt.X(
            "edge",
            title=say(title),
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[edges[0], edges[-1]]),
        ),
        alt.Y("share", stack=None, title=say(texts.SHARE_OF_PATIENTS), axis=alt.Axis(format="%")),
        alt.Color("series", title=None, scale=colours, legend=alt.Legend(orient="top-right")),
    )
    _show(encoded, name)


def draw_bars(counts: Sequence[tuple[str, int]], title: Label, name: Label) -> None:
    """Draw a count for each day."""
    chart = alt.Chart(pd.DataFrame(counts, columns=["day", "count"])).mark_bar(color=MAIN, size=28)
    encoded = chart.encode(
        alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        alt.Y("count", title=say(title), axis=alt.Axis(tickMinStep=1)),
    )
    _show(encoded, name)


def _reference(level: float | None, top: float) -> alt.Chart:
    """Return the dashed line that a model without knowledge, or a perfectly calibrated one, would draw."""
    ends = [0.0, top] if level is None else [level, level]
    line: alt.Chart = (
        alt.Chart(pd.DataFrame({"x": [0.0, top], "y": ends}))
        .mark_line(color=QUIET, strokeDash=[5, 4])
        .encode(x="x", y="y")
    )
    return line


def _show(chart: alt.Chart | alt.LayerChart, name: Label) -> None:
    localized = chart.properties(height=HEIGHT).configure(
        locale=alt.Locale(number=NUMBERS[current()])
    )
    st.altair_chart(localized, width="stretch", alt=say(name))
