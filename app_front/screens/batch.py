"""Many patients: a CSV in, risks and per-row errors out, with progress between."""

from typing import Any

import streamlit as st

from app_front import translations as texts
from app_front.api import from_environment
from app_front.components.batch_results import BadRow, ManyAnswers, draw_answers
from app_front.components.error_messages import explained
from app_front.language import say, whole
from app_front.patients_csv import PatientsFile, Row, read_patients, template

ANSWERED = "many_answered"
"""Where the visit keeps (file, answers)."""


def show() -> None:
    """Draw the page."""
    st.title(say(texts.MANY), anchor=False)
    st.markdown(say(texts.MANY_INTRO))
    st.download_button(
        say(texts.TEMPLATE),
        template(),
        say(texts.TEMPLATE_FILE),
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="template",
    )
    upload = st.file_uploader(say(texts.UPLOAD), "csv", key="patients")
    with explained():
        if upload is None:
            from_environment().get("/model")
        else:
            _offer(upload.file_id, read_patients(upload.getvalue()))


def _offer(file_id: str, file: PatientsFile) -> None:
    """Calculate when asked to; the answers stay until another file comes."""
    if file.carried:
        st.info(say(texts.CARRIED, columns=", ".join(f"`{name}`" for name in file.carried)))
    rows = whole(len(file.rows) + len(file.torn))
    if st.button(
        say(texts.CALCULATE_ROWS, rows=rows),
        type="primary",
        icon=":material/monitor_heart:",
        key="calculate_many",
    ):
        st.session_state[ANSWERED] = (file_id, _calculate(file))
    done_file, answers = st.session_state.get(ANSWERED, (None, None))
    if done_file == file_id:
        draw_answers(file, answers)


def _calculate(file: PatientsFile) -> ManyAnswers:
    """Send the file in pieces, with a bar that tells how far it is."""
    expected, done, total = len(file.header), 0, len(file.rows)
    answers = ManyAnswers(
        bad=[
            BadRow(row.line, "", say(texts.TORN_ROW, cells=len(row.cells), expected=expected))
            for row in file.torn
        ]
    )
    bar = st.progress(0.0, _progress_text(0, total))
    for rows in file.pieces():
        _add(answers, rows, from_environment().post_csv("/predict/batch", file.to_send(rows)))
        done += len(rows)
        bar.progress(done / total, _progress_text(done, total))
    bar.empty()
    return answers


def _add(answers: ManyAnswers, rows: list[Row], answer: dict[str, Any]) -> None:
    """Put one call's answers to the lines that they belong to: the API counts a call's rows from 1."""
    answers.threshold = answer["threshold"]
    for good in answer["predictions"]:
        answers.good.append((rows[good["row"] - 1], good))
    for bad in answer["errors"]:
        line = rows[bad["row"] - 1].line
        answers.bad += [
            BadRow(line, detail["field"] or "", detail["message"]) for detail in bad["detail"]
        ]


def _progress_text(done: int, total: int) -> str:
    return say(texts.ROWS_DONE, done=whole(done), total=whole(total))
