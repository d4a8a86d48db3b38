"""Charts from plain numbers, each with a text alternative for those who cannot see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.language import current_language, format_day, translate
from readmission.schema import Label, Language

MAIN_COLOUR = "#16877f"
"""Readable on the backgrounds of the light and of the dark theme, like the next one."""
REFERENCE_COLOUR = "#8a9a9d"
HEIGHT_PX = 260
RELIABILITY_MARGIN = 1.1
"""How far the axes of the reliability diagram extend, relative to its largest value."""

UNIT_SCALE = alt.Scale(domain=[0, 1])
PERCENT_AXIS = alt.Axis(format="%")
NUMBER_LOCALES: dict[Language, alt.NumberLocale] = {
    "es": alt.NumberLocale(
        decimal=",",
        thousands="\N{NO-BREAK SPACE}",
        grouping=[3],
        currency=["", ""],
        percent="\N{NO-BREAK SPACE}%",
    ),
    "en": alt.NumberLocale(
        decimal=".",
        thousands=",",
        grouping=[3],
        currency=["", ""],
        percent="%",
    ),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """The values along one axis, and its title."""

    title: Label
    values: Sequence[float]


def draw_curve(name: Label, x: Axis, y: Axis, *, chance_level: float | None = None) -> None:
    """Draw a curve in the unit square, with a reference line for a model without skill.

    The reference is horizontal at ``chance_level``, or the diagonal where that is None.
    """
    points = pd.DataFrame({"x": x.values, "y": y.values})
    line = alt.Chart(points).mark_line(
        color=MAIN_COLOUR,
        interpolate="linear",
    )
    curve = line.encode(
        alt.X("x", title=translate(x.title), scale=UNIT_SCALE),
        alt.Y("y", title=translate(y.title), scale=UNIT_SCALE),
        alt.Order("x"),
    )
    if chance_level is None:
        reference = _dashed_line(width=1.0, start=0.0, end=1.0)
    else:
        reference = _dashed_line(width=1.0, start=chance_level, end=chance_level)
    _draw(name, reference + curve)


def draw_reliability(name: Label, points: Sequence[Sequence[float]]) -> None:
    """Draw observed against predicted risk; a calibrated model lies on the diagonal.

    Each point is (predicted risk, observed share, number of rows).
    """
    table = pd.DataFrame(points, columns=["predicted", "observed", "rows"])
    largest = table[["predicted", "observed"]].to_numpy().max()
    top = float(largest) * RELIABILITY_MARGIN
    scale = alt.Scale(domain=[0, top])

    line = alt.Chart(table).mark_line(
        color=MAIN_COLOUR,
        point=alt.OverlayMarkDef(color=MAIN_COLOUR, size=60),
    )
    x = alt.X(
        "predicted",
        title=translate(texts.PREDICTED_RISK),
        scale=scale,
        axis=PERCENT_AXIS,
    )
    y = alt.Y(
        "observed",
        title=translate(texts.OBSERVED_RISK),
        scale=scale,
        axis=PERCENT_AXIS,
    )
    diagonal = _dashed_line(width=top, start=0.0, end=top)
    _draw(name, diagonal + line.encode(x, y))


def draw_histograms(
    name: Label, x_title: Label, edges: Sequence[float], shares: Mapping[str, Sequence[float]]
) -> None:
    """Draw two histograms over the same bins as outlines; ``shares`` maps their names to values.

    The first series is the reference, in grey.
    """
    series_names = list(shares)
    colours = alt.Scale(domain=series_names, range=[REFERENCE_COLOUR, MAIN_COLOUR])

    area = alt.Chart(_histogram_steps(edges, shares)).mark_area(
        interpolate="step-after",
        line=True,
        fillOpacity=0.18,
    )
    x = alt.X(
        "edge",
        title=translate(x_title),
        axis=PERCENT_AXIS,
        scale=alt.Scale(domain=[edges[0], edges[-1]]),
    )
    y = alt.Y(
        "share",
        stack=None,
        title=translate(texts.SHARE_OF_PATIENTS),
        axis=PERCENT_AXIS,
    )
    colour = alt.Color(
        "series",
        title=None,
        scale=colours,
        legend=alt.Legend(orient="top-right"),
    )
    _draw(name, area.encode(x, y, colour))


def draw_daily_counts(name: Label, y_title: Label, counts: Sequence[tuple[str, int]]) -> None:
    """Draw a bar for each (day, count)."""
    days = [(format_day(day), count) for day, count in counts]
    table = pd.DataFrame(days, columns=["day", "count"])
    bars = alt.Chart(table).mark_bar(color=MAIN_COLOUR, size=28)
    x = alt.X(
        "day:O",
        title=None,
        sort=None,
        axis=alt.Axis(labelAngle=0, labelOverlap=True),
    )
    y = alt.Y(
        "count",
        title=translate(y_title),
        axis=alt.Axis(tickMinStep=1),
    )
    _draw(name, bars.encode(x, y))


def _histogram_steps(edges: Sequence[float], shares: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return a row per edge and series; the last share is repeated to close the last bin."""
    edge_column: list[float] = []
    share_column: list[float] = []
    series_column: list[str] = []
    for series, values in shares.items():
        edge_column += edges
        share_column += [*values, values[-1]]
        series_column += [series] * len(edges)
    columns = {"edge": edge_column, "share": share_column, "series": series_column}
    return pd.DataFrame(columns)


def _dashed_line(*, width: float, start: float, end: float) -> alt.Chart:
    """Return the straight reference line from (0, start) to (width, end)."""
    x = [0.0, width]
    y = [start, end]
    points = pd.DataFrame({"x": x, "y": y})
    line = alt.Chart(points).mark_line(
        color=REFERENCE_COLOUR,
        strokeDash=[5, 4],
    )
    chart: alt.Chart = line.encode(x="x", y="y")
    return chart


def _draw(name: Label, chart: alt.Chart | alt.LayerChart) -> None:
    """Draw a chart with the number format of the language; ``name`` is its text alternative."""
    number_locale = NUMBER_LOCALES[current_language()]
    locale = alt.Locale(number=number_locale)
    sized = chart.properties(height=HEIGHT_PX)
    localized = sized.configure(locale=locale)
    st.altair_chart(
        localized,
        width="stretch",
        alt=translate(name),
    )
