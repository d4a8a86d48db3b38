"""Headings, metrics, notices and downloads: the small elements that all pages share."""

import streamlit as st

from app_front.language import translate
from readmission.schema import Label


def draw_page_heading(title: Label, introduction: Label) -> None:
    """Draw a page's title and the sentence below it."""
    st.title(translate(title), anchor=False)
    st.markdown(translate(introduction))


def draw_section_heading(title: Label) -> None:
    """Draw the heading of one section of a page."""
    st.subheader(translate(title), anchor=False)


def draw_figure_heading(title: Label) -> None:
    """Draw the bold title of one chart or table within a section."""
    st.markdown(f"**{translate(title)}**")


def draw_metric(label: Label, value: str) -> None:
    """Draw one figure in a box, with its name above it."""
    st.metric(translate(label), value, border=True)


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
