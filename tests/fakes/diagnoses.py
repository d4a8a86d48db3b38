"""Diagnoses as they are typed, and the one answer that every entry gives: form, API, dataset."""

USED = {
    "250": "250",
    "250.00": "250.00",
    "250.0": "250.0",
    "25000": "250.00",
    "4280": "428.0",
    "8": "8",
    "486.0": "486",
    "V45": "V45",
    "v45.81": "V45.81",
    "E932": "E932",
    "e880.1": "E880.1",
    "E11.9": "250.00",
    "E119": "250.00",
    "e11.9": "250.00",
    "I50.9": "428.9",
    "I50": "428",
    "J44.9": "496",
    "N18.30": "585.3",
}
"""Typed text -> the ICD-9 code that is used."""

REFUSED = {
    "E799.9": "E799.9 is neither an ICD-9 nor an ICD-10 code",
    "V92.5": "V92.5 is neither an ICD-9 nor an ICD-10 code",
    "999.99": "999.99 is neither an ICD-9 nor an ICD-10 code; did you mean 999.9",
    "Z99999": "Z99999 is neither an ICD-9 nor an ICD-10 code; did you mean Z99",
    "U07.1": "U07.1 (ICD-10) has no ICD-9 equivalent",
    "J18": "J18 (ICD-10) covers several ICD-9 categories; did you mean J18.9",
}
"""Typed text -> how the message begins that refuses it."""
