"""Payloads for ``POST /predict``, as hospitals would send them."""

import json

from connections.dataset.synthetic_marginals import read_marginals
from readmission.data.cleaning import clean
from readmission.schema import ORIGINAL_FIELDS
from readmission.synthetic.sampler import generate

PATIENTS = 100
"""Payloads that a benchmark sends in turn, so that no cache profits from a single one."""


def original_payloads(patients: int) -> list[str]:
    """Return JSON with the legacy form's twenty fields for patients of the synthetic sample."""
    marginals = read_marginals()
    rows = clean(generate(marginals))
    sample = rows.sample(patients, random_state=1)
    field_names = [field.name for field in ORIGINAL_FIELDS]
    fields = sample[field_names].astype(object)
    # JSON has null but no NaN.
    fields = fields.where(fields.notna(), None)
    payloads = fields.to_dict("records")
    return [json.dumps(payload) for payload in payloads]
