"""The words of a table of patients: which field a heading names, which value a cell means.

A heading is a field's name, its dataset column or its label; a value of a list is the value itself
or its label. Labels count in both languages, without regard to case and accents.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from readmission.schema.code_groups import CODE_GROUPS
from readmission.schema.columns import COLUMN_BY_NAME, DECADE_MIDPOINTS
from readmission.schema.fields import FIELDS
from readmission.schema.types import MISSING, Field

Value = int | str | None

NO_DATA = ("Sin dato", "No data")
"""How the form names a missing value, in both languages."""

_WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,18})(?:[.,]0{1,2})?")
_CODE_AND_MEANING = re.compile(r"([0-9]{1,2})\s*·.*")
_FORMER_HEADINGS = {
    "race": ("Raza",),
    "gender": ("Género", "Sex"),
    "age": ("Edad", "Age"),
    "admission_type_id": ("Tipo de admisión",),
    "admission_source_id": ("Fuente de admisión",),
    "num_lab_procedures": ("Procedimientos de laboratorio",),
    "number_outpatient": ("Visitas ambulatorias, año previo",),
    "number_emergency": ("Visitas a urgencias, año previo",),
    "max_glu_serum": ("Glucosa en suero máxima (mg/dl)",),
    "number_inpatient": ("Hospitalizaciones, año previo",),
    "A1Cresult": ("Resultado de A1C (%)", "A1C result (%)"),
    "diabetesMed": ("Recibe medicación para diabetes",),
    "admission_type_code": ("Tipo de admisión (código)",),
    "admission_source_code": ("Fuente de admisión (código)",),
}
"""Further headings: the labels of earlier templates, and common words."""
_FURTHER_VALUES = {
    "gender": {"Femenino": "Female", "Masculino": "Male", "Varón": "Male"},
    "discharge_disposition_id": {"Other": "Otro"},
    "admission_source_id": {"Other": "Otro"},
    "race": {"Caucásica": "Caucasian", "Blanco": "Caucasian"},
}


def field_of_heading(heading: str) -> str | None:
    """Return the field that a heading names, or None for another column."""
    return _fields_by_heading().get(_plain_heading(heading))


def is_patient_label(heading: str) -> bool:
    """Return whether a column holds the hospital's own number for a patient."""
    return _plain_heading(heading) in _LABEL_HEADINGS


def is_dataset_column(heading: str) -> bool:
    """Return whether the dataset has the column: some of its columns are no fields."""
    return heading.strip() in COLUMN_BY_NAME


class ValueReader:
    """Reads the cells of one field; it remembers each distinct text."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._value_by_word = _values_by_word(field)
        self._values: dict[str, Value] = {}

    def read(self, text: str) -> Value:
        """Return the value that a cell means, or its text where it means none."""
        if text not in self._values:
            self._values[text] = self._read(text.strip())
        return self._values[text]

    def _read(self, text: str) -> Value:
        domain = self._field.domain
        if domain.nullable and self._is_missing(text):
            return None
        if domain.kind == "integer":
            return self._read_integer(text)
        if domain.kind == "category":
            return self._read_category(text)
        return text

    def _is_missing(self, text: str) -> bool:
        return text == MISSING or plain_words(text) in _NO_DATA_WORDS

    def _read_integer(self, text: str) -> Value:
        if self._field.name == "age" and text in DECADE_MIDPOINTS:
            return DECADE_MIDPOINTS[text]
        match = _WHOLE_NUMBER.fullmatch(text)
        if match is None:
            return text
        return int(match[1])

    def _read_category(self, text: str) -> Value:
        if text in self._field.domain.categories:
            return text
        code = _code_text(text)
        if code in self._field.domain.categories:
            return code
        return self._value_by_word.get(plain_words(text), text)


def code_field_for(field: str, text: str) -> str | None:
    """Return the code field if a cell of a group's column holds a code, as in the dataset."""
    code_field = _CODE_FIELD_OF_GROUP.get(field)
    if code_field is None or not _code_text(text.strip()).isdecimal():
        return None
    return code_field


def plain_words(text: str) -> str:
    """Return the text without accents, in lower case, with single spaces."""
    lower_case = text.casefold()
    decomposed = unicodedata.normalize("NFKD", lower_case)
    letters = [sign for sign in decomposed if not unicodedata.combining(sign)]
    words = "".join(letters).split()
    return " ".join(words)


_CODE_FIELD_OF_GROUP = {group.group_field: group.code_field for group in CODE_GROUPS}
_LABEL_HEADINGS = frozenset(
    {
        "patient label",
        "nhc",
        "no historia",
        "numero de historia",
        "numero de historia clinica",
        "historia clinica",
        "mrn",
        "medical record number",
        "hospital s own number",
    }
)
_NO_DATA_WORDS = frozenset(plain_words(word) for word in NO_DATA)


def _code_text(text: str) -> str:
    """Return the code of ``1``, ``1.0`` and ``1 · Emergency``; other text as it is."""
    number = _WHOLE_NUMBER.fullmatch(text) or _CODE_AND_MEANING.fullmatch(text)
    if number is None:
        return text
    return str(int(number[1]))


def _plain_heading(heading: str) -> str:
    """Return the words of a heading: headings differ in punctuation, too."""
    words = re.findall(r"[a-z0-9]+", plain_words(heading))
    return " ".join(words)


@lru_cache(maxsize=1)
def _fields_by_heading() -> dict[str, str]:
    fields: dict[str, str] = {}
    for field in FIELDS:
        for heading in _headings_of(field):
            fields.setdefault(_plain_heading(heading), field.name)
    return fields


def _headings_of(field: Field) -> Iterable[str]:
    yield field.name
    yield field.label.es
    yield field.label.en
    yield from _FORMER_HEADINGS.get(field.name, ())


def _values_by_word(field: Field) -> dict[str, str]:
    """Return the value of each word that means exactly one: two codes may share a meaning."""
    values: dict[str, str] = {}
    ambiguous: set[str] = set()
    for word, value in _words_of(field):
        plain = plain_words(word)
        if values.setdefault(plain, value) != value:
            ambiguous.add(plain)
    for word in ambiguous:
        del values[word]
    return values


def _words_of(field: Field) -> Iterable[tuple[str, str]]:
    for value in field.domain.categories:
        yield value, value
        if value in field.choices:
            yield field.choices[value].es, value
            yield field.choices[value].en, value
    yield from _FURTHER_VALUES.get(field.name, {}).items()
