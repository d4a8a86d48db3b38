"""Headings, metrics, notices and downloads: the small elements that all pages share."""

import streamlit as st

from app_front.language import translate
from readmission.schema import Label


def draw_page_heading(title: Label, introduction: Label) -> None:
    """Draw a page's title and the sentence below it."""
    st.title(translate(title), anchor=False)
    draw_text(introduction)


def draw_section_heading(title: Label) -> None:
    """Draw the heading of one section of a page."""
    st.subheader(translate(title), anchor=False)


def draw_figure_heading(title: Label) -> None:
    """Draw the bold title of one chart or table within a section."""
    text = translate(title)
    st.markdown(f"**{text}**")


def draw_text(label: Label, **values: object) -> None:
    """Draw a paragraph, with ``values`` in its placeholders."""
    text = translate(label, **values)
    st.markdown(text)


def draw_caption(label: Label, **values: object) -> None:
    """Draw a paragraph of small print, with ``values`` in its placeholders."""
    text = translate(label, **values)
    st.caption(text)


def draw_metric(label: Label, value: str, **label_values: object) -> None:
    """Draw one figure in a box, with its name above it."""
    name = translate(label, **label_values)
    st.metric(name, value, border=True)


def draw_empty_notice(message: Label) -> None:
    """Say why there is nothing to show yet."""
    st.info(translate(message), icon=":material/inbox:")


def draw_csv_download(
    label: Label,
    content: str,
    *,
    file_name: Label,
    key: str,
    primary: bool = False,
) -> None:
    """Draw a button that downloads a CSV without running the page again."""
    st.download_button(
        translate(label),
        content,
        translate(file_name),
        "text/csv",
        type="primary" if primary else "secondary",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )
