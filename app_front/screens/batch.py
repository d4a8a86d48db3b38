"""Many patients: upload a file, calculate its rows, read risks and errors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app_front import translations as texts
from app_front.api import api_from_environment
from app_front.api_responses import BatchResponse
from app_front.components.batch_results import (
    BatchResults,
    RowError,
    draw_batch_results,
    draw_wrong_columns,
)
from app_front.components.elements import draw_caption, draw_csv_download, draw_page_heading
from app_front.components.error_messages import errors_explained
from app_front.language import current_language, format_count, translate
from app_front.patients_csv import chunks, template
from app_front.patients_workbook import MEDIA_TYPE, template_workbook
from readmission.schema.patient_table import PatientRow, PatientTable, read_patient_table

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

UPLOADED_TABLE = "uploaded_table"
"""Session key of (file ID, table): a file is read once."""
RESULTS = "batch_results"
"""Session key of the results: they stay when the visitor leaves the page and comes back."""


def show() -> None:
    """Draw the page."""
    draw_page_heading(texts.BATCH, texts.BATCH_INTRO)
    _draw_templates()
    upload = st.file_uploader(translate(texts.UPLOAD), ["csv", "txt", "xlsx"], key="patients")
    with errors_explained():
        if upload is None:
            # Reports a missing model before the visitor prepares a file.
            api_from_environment().fetch_model()
        else:
            _draw_upload(upload)
    _draw_results(upload)


def _draw_templates() -> None:
    with st.container(horizontal=True):
        draw_csv_download(
            texts.TEMPLATE,
            template(current_language()),
            file_name=texts.TEMPLATE_FILE,
            key="template",
        )
        st.download_button(
            translate(texts.TEMPLATE_WORKBOOK),
            template_workbook(current_language()),
            translate(texts.TEMPLATE_WORKBOOK_FILE),
            MEDIA_TYPE,
            icon=":material/table:",
            on_click="ignore",
            key="template_workbook",
        )


def _draw_upload(upload: "UploadedFile") -> None:
    """Draw what the file has, and the button that calculates it."""
    table = _read_once(upload)
    if table.carried_columns:
        columns = ", ".join(f"`{name}`" for name in table.carried_columns)
        st.info(translate(texts.EXTRA_COLUMNS, columns=columns))
    if table.empty_cells:
        draw_caption(texts.EMPTY_CELLS, count=format_count(table.empty_cells))
    wrong_columns = table.wrong_columns()
    rows = len(table.rows)
    if any(column.rows == rows for column in wrong_columns):
        draw_wrong_columns(wrong_columns)
        return
    is_pressed = st.button(
        translate(texts.CALCULATE_ROWS, rows=format_count(rows)),
        type="primary",
        icon=":material/monitor_heart:",
        key="calculate_many",
    )
    if is_pressed:
        _calculate(upload, table)


def _read_once(upload: "UploadedFile") -> PatientTable:
    """Return the table of an upload, which is read when it is first seen."""
    stored: tuple[str, PatientTable] | None = st.session_state.get(UPLOADED_TABLE)
    if stored is not None and stored[0] == upload.file_id:
        return stored[1]
    table = read_patient_table(upload.getvalue())
    st.session_state[UPLOADED_TABLE] = (upload.file_id, table)
    return table


def _calculate(upload: "UploadedFile", table: PatientTable) -> None:
    """Send the table in chunks, with a progress bar; what is answered stays if a chunk fails."""
    results = BatchResults(upload.file_id, upload.name, table)
    st.session_state[RESULTS] = results
    results.errors.extend(RowError(row) for row in table.rows if row.fields is None)
    rows = [row for row in table.rows if row.fields is not None]
    api = api_from_environment()
    total = len(rows)
    done = 0
    bar = st.progress(0.0, _progress_text(done, total))
    for chunk in chunks(rows):
        patients = [row.fields for row in chunk if row.fields is not None]
        response = api.predict_batch(patients)
        _add_response(results, chunk, response)
        done += len(chunk)
        bar.progress(done / total, _progress_text(done, total))
    bar.empty()


def _add_response(
    results: BatchResults, rows: Sequence[PatientRow], response: BatchResponse
) -> None:
    """Assign predictions and errors to their rows, which the API numbers from 1 in each call."""
    for prediction in response["predictions"]:
        row = rows[prediction["row"] - 1]
        results.predicted.append((row, prediction))
    for invalid_row in response["errors"]:
        row = rows[invalid_row["row"] - 1]
        for detail in invalid_row["detail"]:
            error = RowError(row, field=detail["field"] or "", reason=detail["message"])
            results.errors.append(error)


def _progress_text(done: int, total: int) -> str:
    return translate(
        texts.ROWS_DONE,
        done=format_count(done),
        total=format_count(total),
    )


def _draw_results(upload: "UploadedFile | None") -> None:
    """Draw the latest results, unless another file is on the page now."""
    results: BatchResults | None = st.session_state.get(RESULTS)
    if results is None:
        return
    if upload is not None and upload.file_id != results.file_id:
        return
    draw_batch_results(results)
    is_cleared = st.button(translate(texts.CLEAR_RESULTS), key="clear_results")
    if is_cleared:
        del st.session_state[RESULTS]
        st.rerun()
