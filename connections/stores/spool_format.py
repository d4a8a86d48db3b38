"""How a prediction is written in the spool, and read by this version or a later one."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from readmission.records import Prediction
from readmission.schema import FIELDS

_NAMES = [field.name for field in fields(Prediction)]
_NAMES_OF_LIST = (
    "prediction_id",
    "made_at",
    "fields",
    "predicted_readmitted",
    "probability",
    "model_name",
    "model_version",
    "threshold",
    "synthetic",
    "outcome",
    "outcome_at",
    "patient_label",
)
"""The first version wrote values without their names, in this order."""
_WITH_LINE_END = orjson.OPT_APPEND_NEWLINE
_TIMES = ("made_at", "outcome_at")


def format_predictions(predictions: Iterable[Prediction]) -> bytes:
    """Return predictions as lines of JSON."""
    return b"".join(orjson.dumps(prediction, option=_WITH_LINE_END) for prediction in predictions)


def split_lines(content: bytes) -> list[bytes]:
    """Return the whole lines of a content.

    A crash of the first version cut a last line without its end, before its request was answered.
    """
    return content.split(b"\n")[:-1]


def parse_prediction(content: bytes) -> Prediction:
    """Return the prediction of a line, whichever version wrote it.

    A model field that the line lacks has its default; what this version does not know is left out.
    Raises ValueError or TypeError for a line that is no prediction.
    """
    values = orjson.loads(content)
    if isinstance(values, list):
        values = dict(zip(_NAMES_OF_LIST, values, strict=False))
    if not isinstance(values, dict):
        raise TypeError("The row is not a prediction.")
    known = {name: values[name] for name in _NAMES if name in values}
    for name in _TIMES:
        if known.get(name) is not None:
            known[name] = datetime.fromisoformat(known[name])
    return Prediction(**known | {"fields": _parse_fields(values.get("fields"))})


def _parse_fields(values: Any) -> Mapping[str, int | str | None]:
    if not isinstance(values, dict):
        raise TypeError("The row has no fields of a patient.")
    parsed = {}
    for field in FIELDS:
        value = values.get(field.name, field.default)
        if not isinstance(value, int | str | None):
            raise TypeError(f"The value of {field.name} is neither a number nor a text.")
        parsed[field.name] = value
    return parsed
