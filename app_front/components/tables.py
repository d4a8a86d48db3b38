"""Tables as HTML: numbers to the right, and a scroll that the keyboard reaches where a phone is too narrow."""

from collections.abc import Sequence
from html import escape

import streamlit as st

Cell = str | tuple[str, str]
"""A text, or a text and the class that it stands out by."""


def draw_table(
    name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, texts: int = 1
) -> None:
    """Draw a table called ``name``; its first ``texts`` columns hold words, the others numbers."""
    head = "".join(
        f'<th scope="col"{_side(place, texts)}>{escape(title)}</th>'
        for place, title in enumerate(header)
    )
    body = "".join(
        f"<tr>{''.join(_cell(place, cell, texts) for place, cell in enumerate(row))}</tr>"
        for row in rows
    )
    st.html(
        f'<div class="table" role="region" aria-label="{escape(name)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(place: int, cell: Cell, texts: int) -> str:
    text, mark = (cell, "") if isinstance(cell, str) else cell
    inner = f'<span class="{mark}">{escape(text)}</span>' if mark else escape(text)
    return f"<td{_side(place, texts)}>{inner}</td>"


def _side(place: int, texts: int) -> str:
    return "" if place < texts else ' class="number"'
