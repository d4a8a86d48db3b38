"""The table ``raw_data.predictions``: one column a field, what was answered, and what came of it."""

from sqlalchemy import Boolean, Column, Double, Index, Integer, SmallInteger, String, Table

from connections.column_types import Moment, type_of
from connections.tables import METADATA, MYSQL_OPTIONS, RAW_SCHEMA
from readmission.schema import FIELDS

PREDICTIONS = Table(
    "predictions",
    METADATA,
    Column("prediction_id", String(36), primary_key=True),
    *(Column(field.name, type_of(field.domain), nullable=field.domain.nullable) for field in FIELDS),
    Column("predicted_readmitted", SmallInteger, nullable=False),
    Column("prediction_proba", Double, nullable=False),
    Column("prediction_timestamp", Moment, nullable=False),
    Column("model_name", String(64), nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("threshold", Double, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("outcome", SmallInteger),
    Column("outcome_at", Moment),
    Index("predictions_by_outcome_at", "outcome_at"),
    schema=RAW_SCHEMA,
    **MYSQL_OPTIONS,
)
