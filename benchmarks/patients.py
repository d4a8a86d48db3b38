"""Payloads as hospitals would send them."""

import json

from connections.dataset.synthetic_marginals import read_marginals
from readmission.data.cleaning import clean
from readmission.schema import ORIGINAL_FIELDS
from readmission.synthetic.sampler import generate

PATIENTS = 100
"""Payloads that a benchmark sends in turn, so that no cache profits from a single one."""


def original_payloads(patients: int) -> list[str]:
    """Return JSON payloads with the twenty original fields, from patients of the synthetic sample."""
    sample = clean(generate(read_marginals())).sample(patients, random_state=1)
    field_names = [field.name for field in ORIGINAL_FIELDS]
    rows = sample[field_names].astype(object)
    rows = rows.where(rows.notna(), None)
    return [json.dumps(row) for row in rows.to_dict("records")]
