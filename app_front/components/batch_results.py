"""The results of a file of patients: totals, invalid rows, a sortable table, two downloads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from app_front import translations as texts
from app_front.api_responses import BatchPrediction, FieldValue
from app_front.components.elements import (
    draw_caption,
    draw_csv_download,
    draw_metric,
    draw_section_heading,
    draw_text,
)
from app_front.components.fields import format_value
from app_front.field_messages import allowed_values, explain_invalid_value, field_label
from app_front.language import (
    NO_VALUE,
    current_language,
    format_count,
    format_decimal,
    format_percent,
    translate,
)
from app_front.patients_csv import write_csv
from readmission.schema import FIELD_BY_NAME
from readmission.schema.patient_table import PatientRow, PatientTable, WrongColumn

# Columns of the results on the page.
LINE = "line"
RISK = "probability"
FLAGGED = "prediction"
PREDICTION_ID = "prediction_id"

Words = dict[tuple[str, FieldValue], str]
"""The text of each value of each field."""

INPUT_PREFIX = "in:"
"""Keeps the file's own columns apart from the results: they may have the same names."""
_RISK_WIDTH = 8
"""Characters of a risk: text of equal length sorts like the numbers."""
_PROBABILITY_DIGITS = 4


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong with one row; ``field`` is empty where it concerns the whole row."""

    row: PatientRow
    field: str = ""
    reason: str = ""


@dataclass(slots=True)
class BatchResults:
    """The predictions and the errors for the rows of a file."""

    file_id: str
    file_name: str
    table: PatientTable
    predicted: list[tuple[PatientRow, BatchPrediction]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def draw_batch_results(results: BatchResults) -> None:
    """Draw everything about the results of a file."""
    st.subheader(translate(texts.RESULTS_OF, file=results.file_name), anchor=False)
    _draw_totals(results)
    if results.errors:
        _draw_invalid_rows(results)
    if results.predicted:
        largest_first = sorted(
            results.predicted,
            key=lambda predicted: predicted[1]["probability"],
            reverse=True,
        )
        _draw_table(results.table, largest_first)
        _draw_download(results.table, largest_first)


def draw_wrong_columns(columns: Iterable[WrongColumn]) -> None:
    """Say once for each column in which no value is valid which values it may have."""
    for column in columns:
        message = translate(
            texts.WRONG_COLUMN,
            heading=column.heading,
            rows=format_count(column.rows),
            examples=", ".join(f"`{text}`" for text in column.examples),
            allowed=allowed_values(FIELD_BY_NAME[column.field]),
        )
        st.error(message)


def _draw_totals(results: BatchResults) -> None:
    predictions = [prediction for _row, prediction in results.predicted]
    flagged = sum(prediction["prediction"] for prediction in predictions)
    mean_risk = NO_VALUE
    if predictions:
        total_risk = sum(prediction["probability"] for prediction in predictions)
        mean_risk = format_percent(total_risk / len(predictions), 1)
    rejected = len({error.row.line for error in results.errors})

    first, second, third, fourth = st.columns(4)
    with first:
        draw_metric(texts.CALCULATED, format_count(len(predictions)))
    with second:
        draw_metric(texts.FLAGGED, format_count(flagged))
    with third:
        draw_metric(texts.MEAN_RISK, mean_risk)
    with fourth:
        draw_metric(texts.REJECTED, format_count(rejected))


def _draw_invalid_rows(results: BatchResults) -> None:
    """List the errors by line, each with the value that caused it and the patient's own columns."""
    draw_section_heading(texts.INVALID_ROWS)
    draw_text(texts.INVALID_ROWS_NOTE if results.predicted else texts.ONLY_INVALID_ROWS_NOTE)
    wrong_columns = results.table.wrong_columns()
    draw_wrong_columns(wrong_columns)
    wrong_fields = {column.field for column in wrong_columns}
    errors = [error for error in results.errors if error.field not in wrong_fields]
    errors.sort(key=lambda error: error.row.line)
    if errors:
        st.dataframe(
            [_error_cells(results.table, error) for error in errors],
            hide_index=True,
            key="bad_rows",
            alt=translate(texts.INVALID_ROWS),
        )
    _draw_invalid_rows_download(results)


def _error_cells(table: PatientTable, error: RowError) -> dict[str, Any]:
    """Return one line of the list of errors."""
    carried = zip(table.carried_columns, table.carried_cells(error.row), strict=True)
    return {
        translate(texts.LINE): error.row.line,
        **dict(carried),
        translate(texts.FIELD): field_label(error.field),
        translate(texts.VALUE): table.cell_of(error.row, error.field) or "",
        translate(texts.WHAT_IS_WRONG): _explain(table, error),
    }


def _explain(table: PatientTable, error: RowError) -> str:
    row = error.row
    if row.fields is None:
        cells, expected = len(row.cells), len(table.header)
        if cells == expected:
            return translate(texts.ROW_WITHOUT_VALUES)
        return translate(texts.MALFORMED_ROW, cells=cells, expected=expected)
    value = row.fields.get(error.field)
    text = None if value is None else str(value)
    return explain_invalid_value(error.field, text, error.reason)


def _draw_invalid_rows_download(results: BatchResults) -> None:
    """Offer the invalid rows as the file has them, with what is wrong, to be fixed and uploaded."""
    table = results.table
    reasons_by_line: dict[int, list[str]] = {}
    row_by_line: dict[int, PatientRow] = {}
    for error in results.errors:
        reason = _explain(table, error)
        if error.field:
            reason = f"{field_label(error.field)}: {reason}"
        reasons_by_line.setdefault(error.row.line, []).append(reason)
        row_by_line[error.row.line] = error.row

    titles = [translate(texts.LINE), translate(texts.WHAT_IS_WRONG)]
    # A file of invalid rows that was uploaded again has these columns already.
    positions = [place for place, name in enumerate(table.header) if name not in titles]
    rows = []
    for line in sorted(row_by_line):
        cells = dict(enumerate(row_by_line[line].cells))
        own_cells = [cells.get(position, "") for position in positions]
        rows.append([*own_cells, line, "; ".join(reasons_by_line[line])])
    header = [*(table.header[position] for position in positions), *titles]
    draw_csv_download(
        texts.DOWNLOAD_INVALID_ROWS,
        write_csv(header, rows, language=current_language()),
        file_name=texts.INVALID_ROWS_FILE,
        key="download_bad_rows",
    )


def _draw_table(
    table: PatientTable, predicted: Sequence[tuple[PatientRow, BatchPrediction]]
) -> None:
    """Draw a row for each prediction: the patient's own columns, the result, the fields."""
    draw_section_heading(texts.RESULTS)
    draw_caption(texts.SORT_NOTE)
    # A file repeats few values: each is put into words once.
    words: Words = {}
    rows = []
    for row, prediction in predicted:
        result = _result_cells(prediction)
        field_texts = _field_texts(table, row, words)
        rows.append([row.line, *table.carried_cells(row), *result, *field_texts])
    carried = [INPUT_PREFIX + name for name in table.carried_columns]
    fields = [INPUT_PREFIX + name for name in table.position_of_field]
    columns = [LINE, *carried, RISK, FLAGGED, PREDICTION_ID, *fields]
    st.dataframe(
        pd.DataFrame(rows, columns=columns),
        hide_index=True,
        height=420,
        column_config=_column_config(carried, fields),
        key="results",
        alt=translate(texts.RESULTS),
    )


def _result_cells(prediction: BatchPrediction) -> list[Any]:
    """Return risk, flag and ID; the risk is text in the format of the page."""
    risk = format_percent(prediction["probability"], 1).rjust(_RISK_WIDTH)
    is_flagged = prediction["prediction"] == 1
    return [risk, is_flagged, prediction["prediction_id"]]


def _field_texts(table: PatientTable, row: PatientRow, words: Words) -> list[str]:
    """Return the values of a row's fields as the form shows them; empty where the cell was."""
    fields = row.fields or {}
    texts_of_fields = []
    for name, position in table.position_of_field.items():
        if name not in fields:
            texts_of_fields.append(row.cells[position].strip())
            continue
        value = fields[name]
        if (name, value) not in words:
            words[name, value] = format_value(FIELD_BY_NAME[name], value)
        texts_of_fields.append(words[name, value])
    return texts_of_fields


def _column_config(carried: Sequence[str], fields: Sequence[str]) -> dict[str, Any]:
    """Return the title and the type of each column."""
    config: dict[str, Any] = {
        LINE: st.column_config.NumberColumn(translate(texts.LINE), width="small"),
        RISK: st.column_config.TextColumn(translate(texts.RISK_COLUMN), width="small"),
        FLAGGED: st.column_config.CheckboxColumn(translate(texts.FLAGGED_COLUMN), width="small"),
        PREDICTION_ID: st.column_config.TextColumn(translate(texts.ID_COLUMN), width="small"),
    }
    for column in carried:
        config[column] = st.column_config.TextColumn(column.removeprefix(INPUT_PREFIX))
    for column in fields:
        title = field_label(column.removeprefix(INPUT_PREFIX))
        config[column] = st.column_config.TextColumn(title)
    return config


def _draw_download(
    table: PatientTable, predicted: Sequence[tuple[PatientRow, BatchPrediction]]
) -> None:
    """Offer the results, then the cells of the file as they are, for the language's Excel."""
    rows = []
    for row, prediction in predicted:
        flag = texts.YES if prediction["prediction"] == 1 else texts.NO
        result = [
            row.line,
            format_decimal(prediction["probability"], _PROBABILITY_DIGITS),
            translate(flag),
            prediction["prediction_id"],
        ]
        rows.append([*result, *row.cells])
    titles = (texts.LINE, texts.RISK_COLUMN, texts.FLAGGED_COLUMN, texts.ID_COLUMN)
    header = [*(translate(title) for title in titles), *table.header]
    draw_csv_download(
        texts.DOWNLOAD_RESULTS,
        write_csv(header, rows, language=current_language()),
        file_name=texts.RESULTS_FILE,
        key="download_results",
        primary=True,
    )
