"""History: stored predictions, filtered and paged, and the form that records an outcome."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.api import RefusedFieldsError, api_from_environment
from app_front.api_responses import PredictionFilters, PredictionsPage, StoredPrediction
from app_front.components.elements import draw_caption, draw_empty_notice, draw_page_heading
from app_front.components.error_messages import errors_explained
from app_front.components.fields import format_value
from app_front.components.outcome_form import (
    ID_PARAMETER,
    current_turn,
    draw_latest_report,
    draw_outcome_form,
    start_next_turn,
)
from app_front.field_messages import field_label
from app_front.language import current_language, translate, visitor_time_zone
from readmission.errors import UnknownVersionError
from readmission.schema import FIELD_BY_NAME, Label

PAGE_ROWS = 25
TABLE_HEIGHT_PX = 320
LISTED = "history_listed"
"""Session key of the rows in the table.

They stay the same while the table stands, so that a selected row keeps its patient.
"""
CURSORS = "history_cursors"
"""Session key of the stack of cursors: the ``before_id`` of every page after the first."""
FILTERS = "history_filters"
"""Session key of the filters that the cursors belong to."""

FIELDS_SHOWN = ("age", "gender", "time_in_hospital", "number_inpatient")
RESULT_CHOICES: dict[str, tuple[Label, int | None]] = {
    "all": (texts.ALL, None),
    "above": (texts.ABOVE_SHORT, 1),
    "below": (texts.BELOW_SHORT, 0),
}
OUTCOME_CHOICES: dict[str, tuple[Label, bool | None]] = {
    "all": (texts.ALL, None),
    "pending": (texts.PENDING, False),
    "known": (texts.KNOWN, True),
}
OUTCOME_LABELS = {None: texts.PENDING, 0: texts.NOT_READMITTED, 1: texts.READMITTED}

FilterValue = TypeVar("FilterValue")


def show() -> None:
    """Draw the page: the prediction of the link first, the table, then the selected one."""
    draw_page_heading(texts.HISTORY, texts.HISTORY_INTRO)
    linked_place = st.container()
    # Other filters begin another turn, which the form above them has to know.
    filters = _draw_filters()
    cursors = _cursors(filters)
    with errors_explained():
        with linked_place:
            _draw_linked_prediction()
        page = _listed_page(filters, cursors)
        selected = _draw_page(page, filters, cursors)
        if selected is not None:
            draw_outcome_form(selected, "selected")
        draw_latest_report("selected")


def _draw_linked_prediction() -> None:
    """Draw the outcome form of the prediction that the address names, unless a row is selected."""
    draw_latest_report("linked")
    if _selected_rows():
        st.query_params.pop(ID_PARAMETER, None)
    prediction_id = st.query_params.get(ID_PARAMETER)
    if not prediction_id:
        return
    try:
        prediction = api_from_environment().fetch_prediction(prediction_id)
    except (UnknownVersionError, RefusedFieldsError):
        st.error(translate(texts.NOT_FOUND))
        return
    draw_outcome_form(prediction, "linked")
    st.button(
        translate(texts.CLOSE_FORM),
        icon=":material/close:",
        type="tertiary",
        on_click=_close_linked_prediction,
        key="close_linked",
    )


def _close_linked_prediction() -> None:
    st.query_params.pop(ID_PARAMETER, None)


def _draw_filters() -> PredictionFilters:
    with st.grid(min_column_width=180):
        patient_label = st.text_input(translate(texts.LABEL_FILTER), key="filter_label")
        result = _draw_filter(texts.RESULT_FILTER, RESULT_CHOICES, key="filter_result")
        outcome = _draw_filter(texts.OUTCOME_FILTER, OUTCOME_CHOICES, key="filter_outcome")
        first_day = _draw_day(texts.FROM_DAY, key="filter_from")
        last_day = _draw_day(texts.UNTIL_DAY, key="filter_until")
        version = st.number_input(
            translate(texts.VERSION_FILTER),
            min_value=1,
            value=None,
            step=1,
            key="filter_version",
        )
    day_after_last = None if last_day is None else last_day + timedelta(days=1)
    return {
        "predicted_readmitted": result,
        "with_outcome": outcome,
        "model_version": version,
        "made_from": _midnight(first_day),
        "made_until": _midnight(day_after_last),
        "patient_label": (patient_label or "").strip() or None,
    }


def _draw_filter(
    label: Label, choices: Mapping[str, tuple[Label, FilterValue]], *, key: str
) -> FilterValue:
    """Draw a filter with named choices and return the value of the selected choice."""

    def choice_text(name: str) -> str:
        choice_label, _ = choices[name]
        return translate(choice_label)

    name = st.selectbox(translate(label), list(choices), format_func=choice_text, key=key)
    _, value = choices[name]
    return value


def _draw_day(label: Label, *, key: str) -> date | None:
    day_format: Literal["YYYY-MM-DD", "DD/MM/YYYY"] = "YYYY-MM-DD"
    if current_language() == "es":
        day_format = "DD/MM/YYYY"
    return st.date_input(translate(label), None, key=key, format=day_format)


def _midnight(day: date | None) -> str | None:
    """Return the beginning of a day in the visitor's time zone."""
    if day is None:
        return None
    return datetime.combine(day, time(), visitor_time_zone()).isoformat()


def _cursors(filters: PredictionFilters) -> list[str]:
    """Return the cursors of the pages up to this one; other filters start at the first page."""
    state = st.session_state
    if state.get(FILTERS) != filters:
        state[FILTERS] = filters
        state[CURSORS] = []
        start_next_turn()
    cursors: list[str] = state[CURSORS]
    return cursors


def _listed_page(filters: PredictionFilters, cursors: Sequence[str]) -> PredictionsPage:
    """Return the page in the table; it is fetched once, when its table is drawn first."""
    state = st.session_state
    is_table_new = _table_key() not in state
    if is_table_new or LISTED not in state:
        state[LISTED] = _fetch_page(filters, cursors)
    page: PredictionsPage = state[LISTED]
    return page


def _fetch_page(filters: PredictionFilters, cursors: Sequence[str]) -> PredictionsPage:
    before_id = cursors[-1] if cursors else None
    return api_from_environment().fetch_predictions(
        filters,
        limit=PAGE_ROWS,
        before_id=before_id,
    )


def _draw_page(
    page: PredictionsPage, filters: PredictionFilters, cursors: Sequence[str]
) -> StoredPrediction | None:
    """Draw one page of the table and return the selected prediction."""
    predictions = page["predictions"]
    if not predictions:
        is_filtered = any(value is not None for value in filters.values())
        draw_empty_notice(texts.NONE_FOUND if is_filtered else texts.NO_PREDICTIONS)
        return None
    selected = _draw_table(predictions)
    _draw_pager(len(cursors) + 1, page["next_before_id"])
    return selected


def _draw_table(predictions: Sequence[StoredPrediction]) -> StoredPrediction | None:
    """Draw the predictions and return the selected one."""
    rows = [_table_row(prediction) for prediction in predictions]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=_table_key(),
        on_select="rerun",
        selection_mode="single-row",
        height=TABLE_HEIGHT_PX,
        alt=translate(texts.HISTORY),
        column_config=_column_config(),
    )
    draw_caption(texts.SELECT_NOTE)
    selected_rows = _selected_rows()
    if not selected_rows:
        return None
    return predictions[selected_rows[0]]


def _table_key() -> str:
    return f"history_{current_turn()}"


def _selected_rows() -> list[int]:
    """Return the positions of the selected rows in the table that stands on the page."""
    event: Any = st.session_state.get(_table_key())
    if event is None:
        return []
    rows: list[int] = event["selection"]["rows"]
    return rows


def _table_row(prediction: StoredPrediction) -> dict[str, Any]:
    made_at = pd.Timestamp(prediction["made_at"]).tz_convert(visitor_time_zone())
    row: dict[str, Any] = {
        "made_at": made_at.tz_localize(None),
        "patient_label": prediction["patient_label"] or "",
        "probability": prediction["probability"],
        "flagged": prediction["predicted_readmitted"] == 1,
        "outcome": translate(OUTCOME_LABELS[prediction["outcome"]]),
        "version": prediction["model_version"],
    }
    for name in FIELDS_SHOWN:
        value = prediction["fields"].get(name)
        row[name] = format_value(FIELD_BY_NAME[name], value)
    row["prediction_id"] = prediction["prediction_id"]
    return row


def _column_config() -> dict[str, Any]:
    """Return the title and the type of each column."""
    is_spanish = current_language() == "es"
    config: dict[str, Any] = {
        "made_at": st.column_config.DatetimeColumn(
            translate(texts.MADE_AT),
            format="DD/MM/YYYY HH:mm" if is_spanish else "YYYY-MM-DD HH:mm",
        ),
        "patient_label": st.column_config.TextColumn(translate(texts.LABEL_FILTER)),
        "probability": st.column_config.ProgressColumn(
            translate(texts.RISK_COLUMN),
            format="percent",
            min_value=0.0,
            max_value=1.0,
        ),
        "flagged": st.column_config.CheckboxColumn(translate(texts.FLAGGED_COLUMN), width="small"),
        "outcome": st.column_config.TextColumn(translate(texts.OUTCOME_COLUMN)),
        "version": st.column_config.NumberColumn(translate(texts.VERSION_COLUMN), width="small"),
        "prediction_id": st.column_config.TextColumn(translate(texts.ID_COLUMN)),
    }
    for name in FIELDS_SHOWN:
        config[name] = st.column_config.Column(field_label(name))
    return config


def _draw_pager(page_number: int, next_before_id: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            translate(texts.NEWER),
            disabled=page_number == 1,
            on_click=_show_newer_page,
            icon=":material/chevron_left:",
            key="newer",
        )
        st.button(
            translate(texts.OLDER),
            disabled=next_before_id is None,
            on_click=_show_older_page,
            args=(next_before_id,),
            icon=":material/chevron_right:",
            icon_position="right",
            key="older",
        )
        st.caption(translate(texts.PAGE, number=page_number), width="content")


def _show_older_page(before_id: str) -> None:
    st.session_state[CURSORS].append(before_id)
    start_next_turn()


def _show_newer_page() -> None:
    st.session_state[CURSORS].pop()
    start_next_turn()
