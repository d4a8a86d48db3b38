"""Payloads as hospitals would send them."""

import json

from connections.dataset.synthetic_marginals import read_marginals
from readmission.data.cleaning import clean
from readmission.schema import ORIGINAL_FIELDS
from readmission.synthetic.sampler import generate

PATIENTS = 100
"""Payloads that a benchmark sends in turn, so that no cache can live on one alone."""


def original_payloads(patients: int) -> list[str]:
    """Return the original form's twenty fields, filled in for so many patients of the synthetic sample."""
    sample = clean(generate(read_marginals())).sample(patients, random_state=1)
    rows = sample[[field.name for field in ORIGINAL_FIELDS]].astype(object)
    return [json.dumps(row) for row in rows.where(rows.notna(), None).to_dict("records")]
