"""The patients whose mean probability an explanation starts from."""

from collections.abc import Sequence
from typing import cast

from readmission.errors import UnknownVersionError
from readmission.ports.serving import CleanDataReader, PatientFields
from readmission.schema import FIELDS

_COUNT = 30
_SEED = 1
_DEFAULT_PATIENT: PatientFields = {field.name: field.default for field in FIELDS}


def draw_reference_patients(
    clean_data: CleanDataReader, data_version: str
) -> Sequence[PatientFields]:
    """Sample validation rows, the same ones every time; without rows, use the default patient."""
    try:
        validation_rows = clean_data.read_val(data_version)
    except UnknownVersionError:
        return [_DEFAULT_PATIENT]
    field_names = list(_DEFAULT_PATIENT)
    rows = validation_rows[field_names]
    sample = rows.sample(_COUNT, random_state=_SEED).astype(object)
    # A model takes None for a missing value, never NaN.
    sample = sample.where(sample.notna(), None)
    patients = sample.to_dict("records")
    return cast(Sequence[PatientFields], patients)
