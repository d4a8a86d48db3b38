"""The tables of the schemas ``raw_data`` and ``clean_data``, typed by the vocabulary."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
)

from connections.database.column_types import UtcDateTime, type_of
from readmission.schema import (
    COLUMNS,
    FIELDS,
    ID_COLUMNS,
    PATIENT_LABEL,
    PATIENT_LABEL_LENGTH,
    TARGET,
)

METADATA = MetaData()
RAW_SCHEMA = "raw_data"
CLEAN_SCHEMA = "clean_data"
REASON_LENGTH = 1000
TEXT_LENGTH = 500
MYSQL_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}

INITIAL_DATA = Table(
    "initial_data",
    METADATA,
    *(Column(c.name, type_of(c.domain), nullable=False, autoincrement=False) for c in COLUMNS),
    PrimaryKeyConstraint("encounter_id"),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)
LOADS = Table(
    "loads",
    METADATA,
    Column("load_id", String(36), primary_key=True),
    Column("source", String(1000), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("content", String(64), nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("identical", Integer, nullable=False),
    Column("reason", Text),
    Column("converted_codes", Integer),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)
REJECTED_ROWS = Table(
    "rejected_rows",
    METADATA,
    Column("load_id", String(36), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("reason", String(REASON_LENGTH), nullable=False),
    Column("text", String(TEXT_LENGTH), nullable=False),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)


def column_names(table: Table) -> list[str]:
    """Return the names of a table's columns, in their order."""
    return [column.name for column in table.columns]


def _clean_table(name: str, *keys: Column[int]) -> Table:
    """Declare one split; rows of a batch are stored together, because readers ask by batch."""
    return Table(
        name,
        METADATA,
        *(
            Column(id_column, Integer, nullable=False, autoincrement=False)
            for id_column in ID_COLUMNS
        ),
        *(
            Column(field.name, type_of(field.domain), nullable=field.domain.nullable)
            for field in FIELDS
        ),
        Column(TARGET, SmallInteger, nullable=False),
        *keys,
        Column("data_version", String(16), nullable=False),
        PrimaryKeyConstraint(*(key.name for key in keys), "encounter_id"),
        *(Index(f"{name}_by_encounter_id", "encounter_id") for _ in keys),
        schema=CLEAN_SCHEMA,
        **MYSQL_OPTIONS,
    )


def _batch_id() -> Column[int]:
    return Column("batch_id", Integer, nullable=False, autoincrement=False)


TRAIN_DATA = _clean_table("train_data", _batch_id())
VAL_DATA = _clean_table("val_data")
TEST_DATA = _clean_table("test_data")
PREVIOUS = {
    TRAIN_DATA: _clean_table("train_data_previous", _batch_id()),
    VAL_DATA: _clean_table("val_data_previous"),
    TEST_DATA: _clean_table("test_data_previous"),
}
"""Where the previous splits stay for a training that is still reading them."""

PREPARATIONS = Table(
    "preparations",
    METADATA,
    Column("prepared_at", UtcDateTime, primary_key=True),
    Column("data_version", String(16), nullable=False),
    Column("load_id", String(36), nullable=False),
    Column("synthetic", Boolean, nullable=False),
    *(
        Column(count, Integer, nullable=False)
        for count in (
            "train_rows",
            "val_rows",
            "test_rows",
            "excluded_rows",
            "batches",
            "batch_size",
        )
    ),
    schema=CLEAN_SCHEMA,
    **MYSQL_OPTIONS,
)
_METRICS = ("accuracy", "precision", "recall", "f1", "auc", "average_precision")
EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("timestamp", UtcDateTime, nullable=False),
    *(Column(f"val_{metric}", Double, nullable=False) for metric in _METRICS),
    *(Column(f"test_{metric}", Double) for metric in _METRICS),
    Column("batch_id", Integer, nullable=False, autoincrement=False),
    Column("training_id", String(64), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("data_version", String(16), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("model_version", Integer),
    PrimaryKeyConstraint("training_id", "batch_id"),
    schema=CLEAN_SCHEMA,
    **MYSQL_OPTIONS,
)
PROMOTIONS = Table(
    "promotions",
    METADATA,
    Column("promotion_id", Integer, primary_key=True, autoincrement=True),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("training_id", String(64)),
    Column("candidate_version", Integer, nullable=False),
    Column("champion_version", Integer),
    Column("action", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    schema=CLEAN_SCHEMA,
    **MYSQL_OPTIONS,
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("job_id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("step", String(200)),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("ended_at", UtcDateTime),
    Column("reason", String(REASON_LENGTH)),
    Column("exit_code", Integer),
    Column(
        "running_kind",
        String(16),
        unique=True,
        comment="The kind while it runs, then NULL: one of a kind.",
    ),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("prediction_id", String(36), primary_key=True),
    *(
        Column(field.name, type_of(field.domain), nullable=field.domain.nullable)
        for field in FIELDS
    ),
    Column("predicted_readmitted", SmallInteger, nullable=False),
    Column("prediction_proba", Double, nullable=False),
    Column("prediction_timestamp", UtcDateTime, nullable=False),
    Column("model_name", String(64), nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("outcome", SmallInteger),
    Column("outcome_at", UtcDateTime),
    Column(PATIENT_LABEL, String(PATIENT_LABEL_LENGTH)),
    Column("given_diagnoses", Text, comment="JSON: field -> text as it was sent."),
    Index("predictions_by_outcome_at", "outcome_at"),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)
OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("outcome_id", Integer, primary_key=True, autoincrement=True),
    Column("prediction_id", String(36), nullable=False),
    Column("outcome", SmallInteger, comment="NULL withdraws the earlier reports."),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("actor", String(64)),
    Index("outcomes_by_prediction_id", "prediction_id"),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)
