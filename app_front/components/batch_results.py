"""The answers to a file of patients: the sum, the bad rows, the sortable table, the file to take away."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.field_messages import name_of, what_is_wrong
from app_front.language import NOTHING, percent, say, whole
from app_front.patients_csv import PatientsFile, Row

RISK, FLAGGED, PREDICTION_ID = "probability", "prediction", "prediction_id"


@dataclass(frozen=True, slots=True)
class BadRow:
    """One thing that is wrong with one line."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class ManyAnswers:
    """What came back for a file."""

    good: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    threshold: float = 0.0


def draw_answers(file: PatientsFile, answers: ManyAnswers) -> None:
    """Draw everything about a file's answers."""
    table = _table(file, answers)
    _draw_sum(table, answers)
    if answers.bad:
        _draw_bad_rows(file, answers.bad)
    if not table.empty:
        _draw_table(table)


def _table(file: PatientsFile, answers: ManyAnswers) -> pd.DataFrame:
    rows = [
        (row.line, good[RISK], good[FLAGGED] == 1, good[PREDICTION_ID], *row.cells)
        for row, good in answers.good
    ]
    table = pd.DataFrame(
        rows,
        columns=["line", RISK, FLAGGED, PREDICTION_ID, *(f"in:{name}" for name in file.header)],
    )
    return table.sort_values(RISK, ascending=False)


def _draw_sum(table: pd.DataFrame, answers: ManyAnswers) -> None:
    columns = st.columns(4)
    columns[0].metric(say(texts.ANSWERED), whole(len(table)), border=True)
    columns[1].metric(say(texts.FLAGGED), whole(int(table[FLAGGED].sum())), border=True)
    columns[2].metric(
        say(texts.MEAN_RISK), percent(table[RISK].mean(), 1) if len(table) else NOTHING, border=True
    )
    columns[3].metric(
        say(texts.REJECTED), whole(len({bad.line for bad in answers.bad})), border=True
    )


def _draw_bad_rows(file: PatientsFile, bad_rows: list[BadRow]) -> None:
    st.subheader(say(texts.BAD_ROWS), anchor=False)
    st.markdown(say(texts.BAD_ROWS_NOTE))
    cells = {
        row.line: dict(zip(file.header, row.cells, strict=False))
        for row in (*file.rows, *file.torn)
    }
    shown = [
        {
            say(texts.LINE): bad.line,
            say(texts.FIELD): name_of(bad.field),
            say(texts.VALUE): (value := cells[bad.line].get(bad.field)),
            say(texts.WHAT_IS_WRONG): what_is_wrong(bad.field, value, bad.reason),
        }
        for bad in sorted(bad_rows, key=lambda bad: bad.line)
    ]
    st.dataframe(shown, hide_index=True, key="bad_rows", alt=say(texts.BAD_ROWS))


def _draw_table(table: pd.DataFrame) -> None:
    st.subheader(say(texts.RESULTS), anchor=False)
    st.caption(say(texts.SORT_NOTE))
    st.dataframe(
        table,
        hide_index=True,
        height=420,
        column_config=_columns(table),
        key="results",
        alt=say(texts.RESULTS),
    )
    taken = (
        table.rename(columns=lambda name: name.removeprefix("in:"))
        .astype({FLAGGED: int})
        .to_csv(index=False)
    )
    st.download_button(
        say(texts.DOWNLOAD_RESULTS),
        taken,
        say(texts.RESULTS_FILE),
        "text/csv",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download_results",
    )


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Name the columns as people do."""
    config = st.column_config
    named: dict[str, Any] = {
        "line": config.NumberColumn(say(texts.LINE), width="small"),
        RISK: config.ProgressColumn(
            say(texts.RISK_COLUMN), format="percent", min_value=0.0, max_value=1.0
        ),
        FLAGGED: config.CheckboxColumn(say(texts.FLAGGED_COLUMN), width="small"),
        PREDICTION_ID: config.TextColumn(say(texts.ID_COLUMN), width="small"),
    }
    inputs = table.columns[len(named) :]
    return named | {name: config.TextColumn(name_of(name.removeprefix("in:"))) for name in inputs}
