"""The results of a file of patients: totals, invalid rows, a sortable table, a download."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.api_responses import BatchPrediction
from app_front.components.elements import (
    draw_caption,
    draw_csv_download,
    draw_metric,
    draw_section_heading,
    draw_text,
)
from app_front.field_messages import explain_invalid_value, field_label
from app_front.language import NO_VALUE, format_count, format_percent, translate
from app_front.patients_csv import PatientsFile, Row

# Columns of the results, on the page and in the download.
LINE = "line"
RISK = "probability"
FLAGGED = "prediction"
PREDICTION_ID = "prediction_id"
RESULT_COLUMNS = (LINE, RISK, FLAGGED, PREDICTION_ID)

INPUT_PREFIX = "in:"
"""Keeps the file's own columns apart from the results: they may have the same names."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong with one row; ``field`` is empty where it concerns the whole row."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class BatchResults:
    """The predictions and the errors for the rows of a file."""

    predicted: list[tuple[Row, BatchPrediction]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def draw_batch_results(file: PatientsFile, results: BatchResults) -> None:
    """Draw everything about the results of a file."""
    table = _results_table(file, results)
    _draw_totals(table, results.errors)
    if results.errors:
        _draw_invalid_rows(file, results.errors)
    if not table.empty:
        _draw_table(table)
        _draw_download(table)


def _results_table(file: PatientsFile, results: BatchResults) -> pd.DataFrame:
    """Return a row for each prediction, with the file's cells alongside, the highest risk first."""
    rows = []
    for row, prediction in results.predicted:
        result = (
            row.line,
            prediction["probability"],
            prediction["prediction"] == 1,
            prediction["prediction_id"],
        )
        rows.append([*result, *row.cells])
    input_columns = [INPUT_PREFIX + name for name in file.header]
    table = pd.DataFrame(rows, columns=[*RESULT_COLUMNS, *input_columns])
    return table.sort_values(RISK, ascending=False)


def _draw_totals(table: pd.DataFrame, errors: Sequence[RowError]) -> None:
    calculated = len(table)
    flagged = int(table[FLAGGED].sum())
    mean_risk = NO_VALUE
    if not table.empty:
        mean_risk = format_percent(table[RISK].mean(), 1)
    rejected = len({error.line for error in errors})

    first, second, third, fourth = st.columns(4)
    with first:
        draw_metric(texts.CALCULATED, format_count(calculated))
    with second:
        draw_metric(texts.FLAGGED, format_count(flagged))
    with third:
        draw_metric(texts.MEAN_RISK, mean_risk)
    with fourth:
        draw_metric(texts.REJECTED, format_count(rejected))


def _draw_invalid_rows(file: PatientsFile, errors: Sequence[RowError]) -> None:
    """List the errors by line, each with the value that caused it."""
    draw_section_heading(texts.INVALID_ROWS)
    draw_text(texts.INVALID_ROWS_NOTE)
    values_by_line = _values_by_line(file)
    table = []
    for error in sorted(errors, key=lambda error: error.line):
        value = values_by_line[error.line].get(error.field)
        explanation = explain_invalid_value(error.field, value, error.reason)
        table_row = {
            translate(texts.LINE): error.line,
            translate(texts.FIELD): field_label(error.field),
            translate(texts.VALUE): value,
            translate(texts.WHAT_IS_WRONG): explanation,
        }
        table.append(table_row)
    st.dataframe(
        table,
        hide_index=True,
        key="bad_rows",
        alt=translate(texts.INVALID_ROWS),
    )


def _values_by_line(file: PatientsFile) -> dict[int, dict[str, str]]:
    """Return the values by column name of each line; a malformed row has too few or too many."""
    values_by_line = {}
    all_rows = file.rows + file.malformed_rows
    for row in all_rows:
        named_cells = zip(file.header, row.cells, strict=False)
        values_by_line[row.line] = dict(named_cells)
    return values_by_line


def _draw_table(table: pd.DataFrame) -> None:
    draw_section_heading(texts.RESULTS)
    draw_caption(texts.SORT_NOTE)
    st.dataframe(
        table,
        hide_index=True,
        height=420,
        column_config=_column_config(table),
        key="results",
        alt=translate(texts.RESULTS),
    )


def _column_config(table: pd.DataFrame) -> dict[str, Any]:
    """Return the title and the type of each column."""
    config: dict[str, Any] = {
        LINE: st.column_config.NumberColumn(translate(texts.LINE), width="small"),
        RISK: st.column_config.ProgressColumn(
            translate(texts.RISK_COLUMN),
            format="percent",
            min_value=0.0,
            max_value=1.0,
        ),
        FLAGGED: st.column_config.CheckboxColumn(translate(texts.FLAGGED_COLUMN), width="small"),
        PREDICTION_ID: st.column_config.TextColumn(translate(texts.ID_COLUMN), width="small"),
    }
    for column in table.columns[len(RESULT_COLUMNS) :]:
        title = field_label(_input_name(column))
        config[column] = st.column_config.TextColumn(title)
    return config


def _draw_download(table: pd.DataFrame) -> None:
    """Offer the results with the column names of the file, and the prediction as 0 or 1."""
    renamed = table.rename(columns=_input_name)
    content = renamed.astype({FLAGGED: int}).to_csv(index=False)
    draw_csv_download(
        texts.DOWNLOAD_RESULTS,
        content,
        file_name=texts.RESULTS_FILE,
        key="download_results",
        primary=True,
    )


def _input_name(column: str) -> str:
    """Return the name that a column has in the file; result columns keep theirs."""
    return column.removeprefix(INPUT_PREFIX)
