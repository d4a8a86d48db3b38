"""Domains, columns and fields: the parts that the schema is declared with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from readmission.schema.labels import Label

Kind = Literal["integer", "category", "text"]

MISSING = "?"
"""The dataset's mark for a missing value."""
_MAX_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Domain:
    """The values that a variable may take: a range, a list, or a pattern."""

    kind: Kind
    minimum: int = 0
    maximum: int = 0
    categories: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False

    def allows(self, text: str) -> bool:
        """Return whether a value, given as text, is valid; a missing value has no text."""
        if self.kind == "integer":
            return self._allows_integer(text)
        if self.kind == "category":
            return text in self.categories

        match = re.fullmatch(self.pattern, text, re.ASCII)
        return match is not None

    def describe(self) -> str:
        """Describe the valid values in words, for error messages."""
        if self.kind == "integer":
            return f"a whole number from {self.minimum} to {self.maximum}"
        if self.kind == "category":
            listed = ", ".join(self.categories)
            return f"one of {listed}"
        return f"text that matches {self.pattern}"

    def _allows_integer(self, text: str) -> bool:
        are_digits = text.isascii() and text.isdigit()
        # Python refuses to convert very long numbers.
        if not are_digits or len(text) > _MAX_DIGITS:
            return False

        number = int(text)
        return self.minimum <= number <= self.maximum


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


def integer(minimum: int, maximum: int) -> Domain:
    """Allow whole numbers from ``minimum`` to ``maximum``, both included."""
    return Domain("integer", minimum, maximum)


def one_of(*categories: str, nullable: bool = False) -> Domain:
    """Allow the listed values."""
    return Domain("category", categories=categories, nullable=nullable)


def text(pattern: str, *, nullable: bool = True) -> Domain:
    """Allow text that matches ``pattern`` from end to end."""
    return Domain("text", pattern=pattern, nullable=nullable)
