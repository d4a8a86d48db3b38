"""Rows of the dataset, made for tests."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from connections.dataset.blocks import DatasetFile
from readmission.schema import COLUMNS, DRUGS

NAMES = [column.name for column in COLUMNS]
INTEGERS = [column.name for column in COLUMNS if column.domain.kind == "integer"]
_ROW: dict[str, int | str] = {
    "encounter_id": 149190,
    "patient_nbr": 55629189,
    "race": "Caucasian",
    "gender": "Female",
    "age": "[10-20)",
    "weight": "?",
    "admission_type_id": 1,
    "discharge_disposition_id": 1,
    "admission_source_id": 7,
    "time_in_hospital": 3,
    "payer_code": "?",
    "medical_specialty": "?",
    "num_lab_procedures": 59,
    "num_procedures": 0,
    "num_medications": 18,
    "number_outpatient": 0,
    "number_emergency": 0,
    "number_inpatient": 0,
    "diag_1": "276",
    "diag_2": "250.01",
    "diag_3": "255",
    "number_diagnoses": 9,
    "max_glu_serum": "None",
    "A1Cresult": "None",
    **dict.fromkeys(DRUGS, "No"),
    "insulin": "Up",
    "change": "Ch",
    "diabetesMed": "Yes",
    "readmitted": ">30",
}


def make_raw(count: int = 1, **values: int | str) -> pd.DataFrame:
    """Return rows as ``raw_data`` gives them, with ids that count up and each value as given."""
    rows = pd.DataFrame([_ROW | values] * count, columns=NAMES)
    for name in ("encounter_id", "patient_nbr"):
        rows[name] += np.arange(count)
    return rows.astype({name: "category" for name in NAMES if name not in INTEGERS})


def make_line(**values: int | str) -> str:
    """Return one line of the CSV without its newline."""
    return ",".join(str(value) for value in (_ROW | values).values())


def make_lines(ids: Iterable[int], **values: int | str) -> list[str]:
    """Return a line for each encounter, each of another patient."""
    return [
        make_line(**({"encounter_id": number, "patient_nbr": number} | values)) for number in ids
    ]


def write_dataset(
    path: Path, lines: Iterable[str | bytes], *, end: bytes = b"\n", header: bytes | None = None
) -> DatasetFile:
    """Write a CSV with the dataset's header and return what a source would say of it."""
    head = ",".join(NAMES).encode() if header is None else header
    body = [line if isinstance(line, bytes) else line.encode() for line in lines]
    path.write_bytes(b"".join(line + end for line in (head, *body)))
    return as_dataset(path)


def as_dataset(path: Path) -> DatasetFile:
    """Return what a source would say of a file."""
    return DatasetFile(path, path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest())
