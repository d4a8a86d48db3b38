"""The prediction log behaves alike in memory, on SQLite, on MySQL."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app_back.web.patient_payload import PatientPayload
from connections.stores.prediction_log import open_prediction_log
from connections.stores.prediction_spool import SpooledPredictionLog
from readmission.ids import first_id_of
from readmission.ports.serving import PredictionLog
from readmission.records import LabelledPrediction, OutcomeReport, Prediction, PredictionFilter
from readmission.schema import PATIENT_LABEL
from tests.fakes.databases import DATABASES, empty_database
from tests.fakes.serving import InMemoryPredictionLog

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, UTC)


@pytest.fixture(params=["memory", "spool", *DATABASES])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PredictionLog]:
    if request.param == "memory":
        yield InMemoryPredictionLog()
        return
    kind = "sqlite" if request.param == "spool" else request.param
    database = open_prediction_log(empty_database(kind, request, tmp_path / "database"))
    log = DrainedAtOnce(database, tmp_path / "spool") if request.param == "spool" else database
    yield log
    log.close()


class DrainedAtOnce(SpooledPredictionLog):
    """The spool whose rows are in the database when ``append`` returns."""

    def append(self, predictions: Sequence[Prediction]) -> None:
        super().append(predictions)
        self.drain()


def make_prediction(
    minute: int = 0, *, probability: float = 0.3, version: int = 1, **fields: int | str | None
) -> Prediction:
    made_at = NOON + timedelta(minutes=minute)
    patient = PatientPayload(**fields).__dict__
    label = patient.pop(PATIENT_LABEL)
    return Prediction(
        first_id_of(made_at),
        made_at,
        patient,
        int(probability >= 0.25),
        probability,
        "m",
        version,
        0.25,
        True,
        patient_label=label,
    )


def make_report(
    minute: int, *, outcome: int | None, recorded_at: datetime = NOON, actor: str | None = None
) -> OutcomeReport:
    prediction_id = make_prediction(minute).prediction_id
    return OutcomeReport(prediction_id, outcome, recorded_at, actor)


def test_a_stored_prediction_comes_back_as_it_was(log: PredictionLog) -> None:
    prediction = make_prediction(
        patient_label="NHC 12/345 ñ",
        age=97,
        admission_type_id="Recién Nacido",
        diag_1="250.83",
        race=None,
        probability=1 / 3,
    )
    log.append([prediction])
    assert log.find(prediction.prediction_id) == prediction
    assert log.find(make_prediction(1).prediction_id) is None


def test_the_diagnoses_as_they_were_sent_come_back(log: PredictionLog) -> None:
    given = {"diag_1": "E11.9", "diag_3": "250\u2003, 01"}
    prediction = replace(make_prediction(diag_1="250.00"), given_diagnoses=given)
    log.append([prediction, make_prediction(1)])
    assert log.read(PredictionFilter(), 10) == [make_prediction(1), prediction]


@pytest.mark.parametrize("name", ["O'Brien's", '"%s"', "back\\slash\\", "1", "Año\n"])
def test_a_text_comes_back_as_it_was_however_often_it_is_stored(
    log: PredictionLog, name: str
) -> None:
    predictions = [
        replace(make_prediction(minute, num_procedures=1, probability=1.0), model_name=name)
        for minute in range(3)
    ]
    for prediction in predictions:
        log.append([prediction])
    assert log.read(PredictionFilter(), 10) == predictions[::-1]


def test_an_empty_log_can_be_asked(log: PredictionLog) -> None:
    log.check()
    assert log.read(PredictionFilter(), 10) == []
    assert log.read_labelled(1, 10) == []


def test_a_repeated_append_changes_nothing(log: PredictionLog) -> None:
    log.append([make_prediction(0), make_prediction(1)])
    log.save_outcome(make_report(0, outcome=1))
    log.append([make_prediction(0), make_prediction(1), make_prediction(2)])
    assert [prediction.outcome for prediction in log.read(PredictionFilter(), 10)] == [
        None,
        None,
        1,
    ]


def test_many_rows_are_kept_whole(log: PredictionLog) -> None:
    many = [make_prediction(minute) for minute in range(3000)]
    log.append(many)
    assert log.read(PredictionFilter(), 5000) == many[::-1]


@pytest.mark.parametrize(
    ("where", "minutes"),
    [
        (PredictionFilter(), [3, 2, 1, 0]),
        (PredictionFilter(made_from=NOON + timedelta(minutes=1)), [3, 2, 1]),
        (PredictionFilter(made_from=NOON + timedelta(minutes=1, microseconds=1)), [3, 2]),
        (PredictionFilter(made_until=NOON + timedelta(minutes=1)), [0]),
        (PredictionFilter(model_version=2), [3]),
        (PredictionFilter(predicted_readmitted=0), [2]),
        (PredictionFilter(with_outcome=True), [1]),
        (PredictionFilter(patient_label="NHC-1"), [2]),
        (
            PredictionFilter(
                with_outcome=False, before_id=first_id_of(NOON + timedelta(minutes=3))
            ),
            [2, 0],
        ),
    ],
)
def test_filters_select_the_newest_first(
    log: PredictionLog, where: PredictionFilter, minutes: list[int]
) -> None:
    log.append(
        [
            make_prediction(0),
            make_prediction(1),
            make_prediction(2, probability=0.1, patient_label="NHC-1"),
            make_prediction(3, version=2),
        ]
    )
    assert log.save_outcome(make_report(1, outcome=0))
    assert [prediction.made_at for prediction in log.read(where, 10)] == [
        make_prediction(minute).made_at for minute in minutes
    ]
    assert len(log.read(where, 1)) == 1


def test_an_outcome_is_recorded_corrected_and_read_back(log: PredictionLog) -> None:
    prediction = make_prediction()
    log.append([prediction])
    for outcome in (1, 1, 0):
        assert log.save_outcome(make_report(0, outcome=outcome))
    assert not log.save_outcome(make_report(9, outcome=1))
    assert log.read_outcomes(make_report(9, outcome=1).prediction_id) == []
    found = log.find(prediction.prediction_id)
    assert found is not None
    assert (found.outcome, found.outcome_at) == (0, NOON)


def test_a_withdrawn_outcome_is_unknown_again_and_every_report_is_kept(
    log: PredictionLog,
) -> None:
    log.append([make_prediction(0), make_prediction(1)])
    reports = [
        make_report(0, outcome=1, actor="ward-7"),
        make_report(0, outcome=None, recorded_at=NOON + timedelta(minutes=5)),
    ]
    for report in reports:
        assert log.save_outcome(report)
    found = log.find(make_prediction(0).prediction_id)
    assert found == make_prediction(0)
    assert log.read_labelled(1, 10) == []
    assert log.read(PredictionFilter(with_outcome=True), 10) == []
    assert log.read_outcomes(make_prediction(0).prediction_id) == reports
    assert log.read_outcomes(make_prediction(1).prediction_id) == []


def test_labelled_predictions_are_the_latest_of_one_version(log: PredictionLog) -> None:
    log.append(
        [make_prediction(0), make_prediction(1), make_prediction(2), make_prediction(3, version=2)]
    )
    for minute in (2, 1, 3):
        recorded_at = NOON + timedelta(hours=minute)
        log.save_outcome(make_report(minute, outcome=minute % 2, recorded_at=recorded_at))
    assert log.read_labelled(1, 10) == [
        LabelledPrediction(0.3, 1, 0),
        LabelledPrediction(0.3, 1, 1),
    ]
    assert log.read_labelled(1, 1) == [LabelledPrediction(0.3, 1, 0)]


@pytest.mark.parametrize("kind", DATABASES)
def test_many_processes_at_an_empty_database_all_find_their_tables(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = empty_database(kind, request, tmp_path / "database")
    logs = [open_prediction_log(settings) for _ in range(8)]
    with ThreadPoolExecutor(len(logs)) as pool:
        appended = [
            pool.submit(log.append, [make_prediction(minute)]) for minute, log in enumerate(logs)
        ]
    assert [append.exception() for append in appended] == [None] * len(logs)
    assert len(logs[0].read(PredictionFilter(), 100)) == len(logs)
    for log in logs:
        log.close()
