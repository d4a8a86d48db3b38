"""Keeps what was typed while the page is reloaded, in the browser's tab and nowhere else.

The values are a patient's. So they never go into the address, which browsers remember and people
share, nor into a cookie. ``sessionStorage`` belongs to one tab, is deleted when that is closed, and
is not sent to any server. What is older than half an hour is not brought back.
"""

import json
from typing import Any

import streamlit as st

from app_front.api_responses import FieldValue, Patient
from app_front.components.fields import can_be, fill_in

ASKED = "form_asked_for"
"""Session key that is set once the browser has said what it keeps."""

_SCRIPT = """
const KEY = "readmission-form";
const HALF_AN_HOUR_MS = 30 * 60 * 1000;

function read() {
  const text = sessionStorage.getItem(KEY);
  if (!text) return "{}";
  const kept = JSON.parse(text);
  return Date.now() - kept.at < HALF_AN_HOUR_MS ? kept.values : "{}";
}

export default function ({ data, setStateValue }) {
  if (data.values) {
    sessionStorage.setItem(KEY, JSON.stringify({ at: Date.now(), values: data.values }));
  } else {
    setStateValue("kept", read());
  }
}
"""
_mount = st.components.v2.component("kept_form", js=_SCRIPT)


def bring_back_values() -> None:
    """Fill in what this tab had before it was reloaded; call it before the fields are rendered."""
    # The place stays when the component is gone, so that the elements below keep theirs.
    place = st.container(key="kept_form")
    if ASKED in st.session_state:
        return
    with place:
        answer = _mount(key="kept_form_read", on_kept_change=lambda: None, data={"values": None})
    text = answer.kept
    if text is not None:
        fill_in(_parse(text))
        st.session_state[ASKED] = True


def keep_values(values: Patient) -> None:
    """Let the tab keep the values; call it once the fields are rendered."""
    if ASKED in st.session_state:
        data = {"values": json.dumps(values)}
        _mount(key="kept_form_write", data=data)


def _parse(text: str) -> dict[str, FieldValue]:
    """Return the values that the fields of this version can hold."""
    try:
        kept: Any = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(kept, dict):
        return {}
    return {name: value for name, value in kept.items() if can_be(name, value)}
