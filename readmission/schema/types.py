"""Domains, columns and fields: the parts that the schema is declared with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from readmission.schema.diagnoses import UnknownDiagnosisError, read_diagnosis
from readmission.schema.labels import Label

Kind = Literal["integer", "category", "text", "diagnosis"]

MISSING = "?"
"""The dataset's mark for a missing value."""
_WHOLE_NUMBER = re.compile(r"([0-9]{1,10})(?:\.0{1,10})?")


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a variable may take: a range, a list, a pattern, or diagnosis codes."""

    kind: Kind
    minimum: int = 0
    maximum: int = 0
    categories: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False

    def allows(self, text: str) -> bool:
        """Return whether a value, given as text, is valid; a missing value has no text."""
        return self.normalize(text) is not None

    def normalize(self, text: str) -> str | None:
        """Return a valid value as the model knows it, None for an invalid one.

        A whole float becomes the number (``6.0`` is 6), a diagnosis its ICD-9 code (``E11.9`` is
        250.00).
        """
        if self.kind == "integer":
            return self._normalize_integer(text)
        if self.kind == "category":
            return self._normalize_category(text)
        if self.kind == "diagnosis":
            return _icd9_code(text)

        match = re.fullmatch(self.pattern, text, re.ASCII)
        return None if match is None else text

    def describe(self) -> str:
        """Describe the valid values in words, for error messages."""
        if self.kind == "integer":
            return f"a whole number from {self.minimum} to {self.maximum}"
        if self.kind == "category":
            listed = ", ".join(self.categories)
            return f"one of {listed}"
        if self.kind == "diagnosis":
            return "an ICD-9 or ICD-10 code such as 250.00 or E11.9"
        return f"text that matches {self.pattern}"

    def _normalize_integer(self, text: str) -> str | None:
        digits = whole_number_digits(text)
        if digits is None:
            return None
        number = int(digits)
        return digits if self.minimum <= number <= self.maximum else None

    def _normalize_category(self, text: str) -> str | None:
        """Return the category; one that is a number may be written as a whole float."""
        if text in self.categories:
            return text
        digits = whole_number_digits(text)
        return digits if digits in self.categories else None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the dataset as published; ``?`` stands for missing where ``nullable``."""

    name: str
    domain: Domain
    label: Label

    def allows(self, text: str) -> bool:
        """Return whether a value is valid as the file has it, where ``?`` is a missing one."""
        if text == MISSING:
            return self.domain.nullable
        return self.domain.allows(text)

    def normalize(self, text: str) -> str | None:
        """Return a valid value as the model knows it, None for an invalid one."""
        if text == MISSING and self.domain.nullable:
            return text
        return self.domain.normalize(text)


@dataclass(frozen=True, slots=True)
class Field:
    """One input of the model: a field of the payload, the form and the clean tables.

    ``source`` is the dataset column that it comes from; ``original`` marks the twenty fields of the
    legacy project's payload, which all have a default and are never removed.
    """

    name: str
    domain: Domain
    label: Label
    default: int | str | None
    source: str
    section: str
    original: bool = False
    choices: Mapping[str, Label] = field(default_factory=dict)

    def describe(self) -> str:
        """Describe the valid values, and what null and leaving the field out mean."""
        valid = self.domain.describe()
        if self.default is None:
            return f"{valid}; null or left out means unknown"
        if self.domain.nullable:
            return f"{valid}; null means unknown, left out means {self.default}"
        return f"{valid}; left out means {self.default}"


def integer(minimum: int, maximum: int) -> Domain:
    """Allow whole numbers from ``minimum`` to ``maximum``, both included."""
    return Domain("integer", minimum, maximum)


def one_of(*categories: str, nullable: bool = False) -> Domain:
    """Allow the listed values."""
    return Domain("category", categories=categories, nullable=nullable)


def text(pattern: str, *, nullable: bool = True) -> Domain:
    """Allow text that matches ``pattern`` from end to end."""
    return Domain("text", pattern=pattern, nullable=nullable)


def diagnosis() -> Domain:
    """Allow ICD-9 codes, and the ICD-10 codes that have an ICD-9 equivalent."""
    return Domain("diagnosis", nullable=True)


def whole_number_digits(text: str) -> str | None:
    """Return the digits of a whole number, which may be written as a float: 6 or 6.0."""
    # Python refuses to convert very long numbers.
    match = _WHOLE_NUMBER.fullmatch(text)
    return None if match is None else match[1]


def _icd9_code(text: str) -> str | None:
    try:
        return read_diagnosis(text).code
    except UnknownDiagnosisError:
        return None
