"""HTML tables: numbers are right-aligned, and on a narrow screen the keyboard can scroll them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from app_front.language import translate
from readmission.schema import Label


@dataclass(frozen=True, slots=True)
class Highlight:
    """The text of a cell, set off by a class of ``style.css``."""

    text: str
    css_class: str


Cell = str | Highlight


def draw_table(
    name: Label,
    titles: Sequence[Label | None],
    rows: Sequence[Sequence[Cell]],
    *,
    text_columns: int = 1,
) -> None:
    """Draw a table; its first ``text_columns`` columns hold text, the others numbers.

    ``name`` is what a screen reader announces. A title may be None: its column has no heading.
    """
    alignments = _alignments(len(titles), text_columns)
    header = _header(titles, alignments)
    body = ""
    for row in rows:
        body += _row(row, alignments)
    accessible_name = escape(translate(name))
    st.html(
        f'<div class="table" role="region" aria-label="{accessible_name}" tabindex="0">'
        f"<table><thead>{header}</thead><tbody>{body}</tbody></table></div>"
    )


def _alignments(columns: int, text_columns: int) -> list[str]:
    """Return the HTML attribute that aligns each column."""
    text_alignments = [""] * text_columns
    number_alignments = [' class="number"'] * (columns - text_columns)
    return text_alignments + number_alignments


def _header(titles: Sequence[Label | None], alignments: Sequence[str]) -> str:
    cells = ""
    for title, alignment in zip(titles, alignments, strict=True):
        text = ""
        if title is not None:
            text = translate(title)
        cells += f'<th scope="col"{alignment}>{escape(text)}</th>'
    return f"<tr>{cells}</tr>"


def _row(row: Sequence[Cell], alignments: Sequence[str]) -> str:
    cells = ""
    for cell, alignment in zip(row, alignments, strict=True):
        content = _content(cell)
        cells += f"<td{alignment}>{content}</td>"
    return f"<tr>{cells}</tr>"


def _content(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    text = escape(cell.text)
    return f'<span class="{cell.css_class}">{text}</span>'
