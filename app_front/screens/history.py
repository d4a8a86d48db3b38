"""What was predicted, and what came of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.api import from_environment
from app_front.components.error_messages import explained
from app_front.components.fields import value_text
from app_front.components.outcome_form import draw_outcome_form
from app_front.field_messages import name_of
from app_front.language import say
from readmission.schema import FIELD_BY_NAME, Label

PAGE_ROWS = 25
CURSORS, FILTERS = "history_cursors", "history_filters"
"""Where the visit keeps the last id of every page before this one, and the filters that they belong to."""
SHOWN_FIELDS = ("age", "gender", "time_in_hospital", "number_inpatient")
RESULTS: dict[str, tuple[Label, int | None]] = {
    "all": (texts.ALL, None),
    "above": (texts.ABOVE_SHORT, 1),
    "below": (texts.BELOW_SHORT, 0),
}
OUTCOMES: dict[str, tuple[Label, bool | None]] = {
    "all": (texts.ALL, None),
    "pending": (texts.PENDING, False),
    "known": (texts.KNOWN, True),
}


def show() -> None:
    """Draw the page."""
    st.title(say(texts.HISTORY), anchor=False)
    st.markdown(say(texts.HISTORY_INTRO))
    with explained():
        filters = _draw_filters()
        selected = _draw_page(filters)
        draw_outcome_form(selected)


def _draw_filters() -> dict[str, Any]:
    with st.grid(min_column_width=180):
        result = _choose(texts.RESULT_FILTER, RESULTS, "filter_result")
        outcome = _choose(texts.OUTCOME_FILTER, OUTCOMES, "filter_outcome")
        first = st.date_input(say(texts.FROM_DAY), None, key="filter_from", format="YYYY-MM-DD")
        last = st.date_input(say(texts.UNTIL_DAY), None, key="filter_until", format="YYYY-MM-DD")
        version = st.number_input(
            say(texts.VERSION_FILTER), 1, value=None, step=1, key="filter_version"
        )
    return {
        "predicted_readmitted": result,
        "with_outcome": outcome,
        "model_version": version,
        "made_from": _midnight(first),
        "made_until": _midnight(last and last + timedelta(days=1)),
    }


def _choose(label: Label, choices: dict[str, tuple[Label, Any]], key: str) -> Any:
    name = st.selectbox(
        say(label), list(choices), format_func=lambda name: say(choices[name][0]), key=key
    )
    return choices[name][1]


def _midnight(day: date | None) -> str | None:
    return None if day is None else datetime.combine(day, time(), UTC).isoformat()


def _draw_page(filters: dict[str, Any]) -> str | None:
    """Draw one page of the table and return the id that is ticked."""
    if st.session_state.get(FILTERS) != filters:
        st.session_state[FILTERS], st.session_state[CURSORS] = filters, []
    cursors = st.session_state[CURSORS]
    page = from_environment().get(
        "/predictions", **filters, limit=PAGE_ROWS, before_id=cursors[-1] if cursors else None
    )
    if not page["predictions"]:
        filtered = any(value is not None for value in filters.values())
        st.info(
            say(texts.NONE_FOUND if filtered else texts.NO_PREDICTIONS), icon=":material/inbox:"
        )
        return None
    selected = _draw_table(page["predictions"])
    _draw_pager(cursors, page["next_before_id"])
    return selected


def _draw_table(predictions: list[dict[str, Any]]) -> str | None:
    event: Any = st.dataframe(
        pd.DataFrame([_shown(made) for made in predictions]),
        hide_index=True,
        key="history",
        on_select="rerun",
        selection_mode="single-row",
        alt=say(texts.HISTORY),
        column_config=_columns(),
    )
    st.caption(say(texts.SELECT_NOTE))
    ticked = event.selection.rows
    return str(predictions[ticked[0]]["prediction_id"]) if ticked else None


def _shown(made: dict[str, Any]) -> dict[str, Any]:
    outcome = {None: texts.PENDING, 0: texts.NOT_READMITTED, 1: texts.READMITTED}[made["outcome"]]
    told = {
        name: value_text(FIELD_BY_NAME[name], made["fields"].get(name)) for name in SHOWN_FIELDS
    }
    return {
        "made_at": pd.Timestamp(made["made_at"]).tz_convert(None),
        "probability": made["probability"],
        "flagged": made["predicted_readmitted"] == 1,
        "outcome": say(outcome),
        "version": made["model_version"],
        **told,
        "prediction_id": made["prediction_id"],
    }


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "made_at": config.DatetimeColumn(say(texts.MADE_AT), format="YYYY-MM-DD HH:mm"),
        "probability": config.ProgressColumn(
            say(texts.RISK_COLUMN), format="percent", min_value=0.0, max_value=1.0
        ),
        "flagged": config.CheckboxColumn(say(texts.FLAGGED_COLUMN), width="small"),
        "outcome": config.TextColumn(say(texts.OUTCOME_COLUMN)),
        "version": config.NumberColumn(say(texts.VERSION_COLUMN), width="small"),
        **{name: config.Column(name_of(name)) for name in SHOWN_FIELDS},
        "prediction_id": config.TextColumn(say(texts.ID_COLUMN)),
    }


def _draw_pager(cursors: list[str], next_before_id: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say(texts.NEWER),
            disabled=not cursors,
            on_click=_turn_back,
            icon=":material/chevron_left:",
            key="newer",
        )
        st.button(
            say(texts.OLDER),
            disabled=next_before_id is None,
            on_click=_turn_on,
            args=(next_before_id,),
            icon=":material/chevron_right:",
            icon_position="right",
            key="older",
        )
        st.caption(say(texts.PAGE, number=len(cursors) + 1), width="content")


def _turn_on(last_id: str) -> None:
    st.session_state[CURSORS].append(last_id)


def _turn_back() -> None:
    st.session_state[CURSORS].pop()
