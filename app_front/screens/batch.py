"""Many patients: upload a CSV, calculate its rows, read risks and errors."""

from collections.abc import Sequence

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.api_responses import BatchResponse
from app_front.components.batch_results import BatchResults, RowError, draw_batch_results
from app_front.components.elements import draw_csv_download, draw_page_heading
from app_front.components.error_messages import errors_explained
from app_front.language import format_count, translate
from app_front.patients_csv import PatientsFile, Row, read_patients, template

RESULTS = "many_answered"
"""Session key of (file ID, results): the results stay until another file is uploaded."""


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.BATCH, texts.BATCH_INTRO)
    draw_csv_download(
        texts.TEMPLATE,
        template(),
        file_name=texts.TEMPLATE_FILE,
        key="template",
    )
    upload = st.file_uploader(translate(texts.UPLOAD), "csv", key="patients")
    with errors_explained():
        if upload is None:
            # Reports a missing model before the visitor prepares a file.
            api_from_environment().fetch_model()
            return
        file = read_patients(upload.getvalue())
        if _draw_calculate_button(file):
            st.session_state[RESULTS] = (upload.file_id, _calculate(file))
        _draw_results(upload.file_id, file)


def _draw_calculate_button(file: PatientsFile) -> bool:
    """Draw the button, and which columns are not used; return whether it was pressed."""
    if file.extra_columns:
        columns = ", ".join(f"`{name}`" for name in file.extra_columns)
        st.info(translate(texts.EXTRA_COLUMNS, columns=columns))
    rows = len(file.rows) + len(file.malformed_rows)
    return st.button(
        translate(texts.CALCULATE_ROWS, rows=format_count(rows)),
        type="primary",
        icon=":material/monitor_heart:",
        key="calculate_many",
    )


def _calculate(file: PatientsFile) -> BatchResults:
    """Send the file in chunks, with a progress bar."""
    api = api_from_environment()
    results = BatchResults(errors=_malformed_row_errors(file))
    total = len(file.rows)
    done = 0
    bar = st.progress(0.0, _progress_text(done, total))
    for rows in file.chunks():
        response = api.predict_csv(file.fields_csv(rows))
        _add_response(results, rows, response)
        done += len(rows)
        bar.progress(done / total, _progress_text(done, total))
    bar.empty()
    return results


def _malformed_row_errors(file: PatientsFile) -> list[RowError]:
    errors = []
    for row in file.malformed_rows:
        reason = translate(
            texts.MALFORMED_ROW,
            cells=len(row.cells),
            expected=len(file.header),
        )
        errors.append(RowError(row.line, "", reason))
    return errors


def _add_response(results: BatchResults, rows: Sequence[Row], response: BatchResponse) -> None:
    """Assign predictions and errors to their rows, which the API numbers from 1 in each call."""
    for prediction in response["predictions"]:
        row = rows[prediction["row"] - 1]
        results.predicted.append((row, prediction))
    for invalid_row in response["errors"]:
        row = rows[invalid_row["row"] - 1]
        for detail in invalid_row["detail"]:
            error = RowError(
                line=row.line,
                field=detail["field"] or "",
                reason=detail["message"],
            )
            results.errors.append(error)


def _progress_text(done: int, total: int) -> str:
    return translate(
        texts.ROWS_DONE,
        done=format_count(done),
        total=format_count(total),
    )


def _draw_results(file_id: str, file: PatientsFile) -> None:
    """Draw the results of this file, if it has been calculated."""
    if RESULTS not in st.session_state:
        return
    calculated_id, results = st.session_state[RESULTS]
    if calculated_id == file_id:
        draw_batch_results(file, results)
