"""The files that the form offers: templates for patients, and tables as spreadsheets open them.

A Spanish Excel opens a CSV into columns only if semicolons separate them; any Excel reads accents
only behind a byte order mark.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from readmission.schema import FIELDS, Field, Language
from readmission.schema.patient_table import PatientRow

CHUNK_ROWS = 1000
"""Rows per request: few enough for the progress bar to move, enough to be fast."""

_BYTE_ORDER_MARK = "\ufeff"
_DELIMITERS: dict[Language, str] = {"es": ";", "en": ","}


def chunks(rows: Sequence[PatientRow]) -> Iterator[Sequence[PatientRow]]:
    """Yield the rows in chunks of one request each."""
    total = len(rows)
    for start in range(0, total, CHUNK_ROWS):
        yield rows[start : start + CHUNK_ROWS]


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, language: Language
) -> str:
    """Return a CSV that an Excel of the language opens into columns."""
    text = io.StringIO()
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, delimiter=_DELIMITERS[language], lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def template(language: Language) -> str:
    """Return a CSV to start from: every field by its label, and one row of default values."""
    labels: list[str] = []
    defaults: list[str] = []
    for field in FIELDS:
        labels.append(field.label.in_language(language))
        defaults.append(_default_text(field, language))
    return write_csv(labels, [defaults], language=language)


def _default_text(field: Field, language: Language) -> str:
    if field.default is None:
        return ""
    text = str(field.default)
    if text in field.choices:
        return field.choices[text].in_language(language)
    return text
