"""The patients that an explanation compares with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from readmission.errors import UnknownVersionError
from readmission.ports.serving import PatientFields
from readmission.schema import FIELDS

if TYPE_CHECKING:
    import pandas as pd

_PATIENTS = 30
_SEED = 1
_AVERAGE_PATIENT: PatientFields = {field.name: field.default for field in FIELDS}


class ValidationRows(Protocol):
    """Where they are taken from."""

    def read_val(self, data_version: str) -> "pd.DataFrame":
        """Return the validation rows; raises UnknownVersionError."""


def draw_reference_patients(
    clean_data: ValidationRows, data_version: str
) -> Sequence[PatientFields]:
    """Draw a few validation rows, always the same; the default patient stands in for rows that are gone."""
    try:
        rows = clean_data.read_val(data_version)
    except UnknownVersionError:
        return [_AVERAGE_PATIENT]
    drawn = rows[list(_AVERAGE_PATIENT)].sample(_PATIENTS, random_state=_SEED).astype(object)
    return drawn.where(drawn.notna(), None).to_dict("records")  # type: ignore[return-value]
