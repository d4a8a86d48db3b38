"""Diagnosis codes as people type them, in ICD-9 or ICD-10, and the search for them by name.

The dataset and the model know ICD-9 only, written with the decimal point and without leading zeros
(``250.01``, ``8``, ``V45``). ``read_diagnosis`` accepts that, its usual variants and ICD-10-CM,
which it converts with the General Equivalence Mappings of the CMS. A text that is valid in both
systems is ICD-9.
"""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from heapq import nlargest
from typing import Literal

from readmission.schema.diagnosis_names import (
    DiagnosisName,
    diagnosis_names,
    find_by_words,
    nearest_name,
)
from readmission.schema.icd_tables import (
    CATEGORY_LENGTH,
    NO_ICD9,
    icd9_category,
    icd9_codes,
    icd10_codes_under,
    icd10_to_icd9,
    newer_icd10_codes,
    sorted_icd9_codes,
    sorted_icd10_codes,
)
from readmission.schema.labels import Label, Language

__all__ = [
    "LONGEST_TEXT",
    "Diagnosis",
    "DiagnosisName",
    "System",
    "UnknownDiagnosisError",
    "describe_diagnosis",
    "explain_reading",
    "explain_unknown_diagnosis",
    "load_tables",
    "read_diagnosis",
    "search_diagnoses",
    "suggest",
]

System = Literal["ICD-9", "ICD-10"]
LONGEST_TEXT = 64
"""Longer texts are no code; the caches must not grow with what a caller sends."""

# Each form has two groups: the category, and what follows it.
_ICD9_FORMS = (
    re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?"),
    re.compile(r"([0-9]{3})([0-9]{1,2})"),
    re.compile(r"(V[0-9]{2})(?:\.?([0-9]{1,2}))?"),
    re.compile(r"(E[89][0-9]{2})(?:\.?([0-9]))?"),
)
_WHOLE_FLOAT = re.compile(r"([0-9]{1,3})\.0{1,2}")
_ICD10_FORM = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_CODE_LIKE = re.compile(r"[A-Z]?[0-9][0-9A-Z]*(?:\.[0-9A-Z]*)?")
_POINT_OR_COMMA = re.compile(r"\s*[.,]\s*")

_LENGTH_WITH_ENCOUNTER = 7
_INITIAL_ENCOUNTER = ("A", "B", "C")
_MOST_SUGGESTIONS = 3
_NEIGHBOURS_EACH_SIDE = 40
_SHARED_START = 2
_LONGEST_QUOTE = 40

_SYSTEM_NAMES = {"ICD-9": Label("CIE-9", "ICD-9"), "ICD-10": Label("CIE-10", "ICD-10")}
_READ_AS = Label("leído como", "read as")
_WRITE_POINT = Label("para CIE-10 escriba {code}", "for ICD-10 write {code}")
_DID_YOU_MEAN = Label("¿quiso decir {codes}?", "did you mean {codes}?")
_OR = Label("o", "or")
_EMPTY = Label("Escriba un código de diagnóstico", "Enter a diagnosis code")
_UNKNOWN = Label(
    "{given} no es un código CIE-9 ni CIE-10", "{given} is neither an ICD-9 nor an ICD-10 code"
)
_NO_EQUIVALENT = Label(
    "{given} (CIE-10) no tiene equivalente en CIE-9", "{given} (ICD-10) has no ICD-9 equivalent"
)
_TOO_BROAD = Label(
    "{given} (CIE-10) abarca varias categorías de la CIE-9",
    "{given} (ICD-10) covers several ICD-9 categories",
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis code as the model reads it, with the text it comes from."""

    code: str
    given: str
    system: System

    @property
    def converted(self) -> bool:
        """Whether the code was converted from ICD-10."""
        return self.system == "ICD-10"

    @property
    def other_reading(self) -> str | None:
        """The ICD-10 code that was perhaps meant: E871 is ICD-9, but E87.1 is hyponatraemia."""
        if self.converted:
            return None
        key = _normalize(self.given)
        if _ICD10_FORM.fullmatch(key) is None:
            return None
        if key not in icd10_to_icd9():
            return None
        return _icd10_with_point(key)

    def explain(self, language: Language) -> str:
        """Say how the text was read: ``E11.9 (ICD-10) read as 250.00``."""
        system = _SYSTEM_NAMES[self.system].in_language(language)
        explained = f"{self.given} ({system})"
        if self.given != self.code:
            read_as = _READ_AS.in_language(language)
            explained += f" {read_as} {self.code}"

        other_reading = self.other_reading
        if other_reading is not None:
            write_point = _WRITE_POINT.in_language(language)
            hint = write_point.format(code=other_reading)
            explained += f"; {hint}"

        return explained


class UnknownDiagnosisError(ValueError):
    """The text is not a code that the model can use; ``nearest`` has up to three that are.

    They are looked for when they are first read: most callers ask only whether a code is known.
    """

    def __init__(
        self, given: str, nearest: tuple[str, ...] | None = None, reason: Label = _UNKNOWN
    ) -> None:
        super().__init__(given, nearest, reason)
        self.given = given
        self.reason = reason
        self._nearest = nearest

    @property
    def nearest(self) -> tuple[str, ...]:
        """Up to three valid codes, best first."""
        if self._nearest is None:
            self._nearest = suggest(self.given)
        return self._nearest

    def __str__(self) -> str:
        return self.message_in("en")

    def message_in(self, language: Language) -> str:
        """Say what is wrong with the code and which codes are near, in one language."""
        reason = self.reason.in_language(language)
        problem = reason.format(given=_quote(self.given))
        if not self.nearest:
            return problem

        codes = _join_alternatives(self.nearest, language)
        did_you_mean = _DID_YOU_MEAN.in_language(language)
        question = did_you_mean.format(codes=codes)
        return f"{problem}; {question}"


def read_diagnosis(text: str) -> Diagnosis:
    """Read an ICD-9 or ICD-10 code; a code of the dataset comes back unchanged.

    An ICD-10 code that is cut short is read as what the ICD-9 codes of its subdivisions begin with
    (I50 is 428). One that is newer than the crosswalk is read as the code that it subdivides.

    Raises:
        UnknownDiagnosisError: The text is in neither list, or has no single ICD-9 category.

    """
    if len(text) > LONGEST_TEXT:
        raise UnknownDiagnosisError(text.strip(), ())
    return _read(text)


@lru_cache(maxsize=4096)
def _read(text: str) -> Diagnosis:
    given = text.strip()
    code = _normalize(text)
    if not code:
        raise UnknownDiagnosisError(given, (), _EMPTY)

    icd9 = _read_as_icd9(code) or _read_as_whole_float(code)
    if icd9 is not None:
        return Diagnosis(icd9, given, "ICD-9")

    if _ICD10_FORM.fullmatch(code) is None:
        raise UnknownDiagnosisError(given)
    converted = _read_as_icd10(code, given)
    return Diagnosis(converted, given, "ICD-10")


def load_tables() -> None:
    """Read the tables of both systems now, so that the first diagnosis need not wait."""
    icd9_codes()
    icd10_to_icd9()
    newer_icd10_codes()
    sorted_icd9_codes()
    sorted_icd10_codes()


def explain_reading(given: str, code: str) -> str:
    """Say in English that a text was read as a code, even if the tables have changed since."""
    try:
        system = read_diagnosis(given).system
    except UnknownDiagnosisError:
        return f"{given} read as {code}"
    return Diagnosis(code, given, system).explain("en")


def explain_unknown_diagnosis(text: str) -> str:
    """Say in English why a text cannot be read, and which codes are near; "" if it can."""
    try:
        read_diagnosis(text)
    except UnknownDiagnosisError as error:
        return str(error)
    return ""


@lru_cache(maxsize=1024)
def suggest(text: str) -> tuple[str, ...]:
    """Return up to three valid codes near a wrong one, best first.

    They are those of its neighbours in alphabetical order that begin most like it, then the most
    similar ones. Words without any digit are looked up among the names. A text that is far too
    long has no suggestions.
    """
    if len(text) > _LONGEST_QUOTE:
        return ()
    has_digit = any(character.isdigit() for character in text)
    if not has_digit:
        return _suggest_by_name(text)

    code = _normalize(text)
    key = _lookup_key(code)
    code_of_key = {}
    for neighbour in _neighbours(key, sorted_icd10_codes()):
        code_of_key[neighbour] = _icd10_with_point(neighbour)
    for neighbour in _neighbours(key, sorted_icd9_codes()):
        code_of_key[neighbour] = _icd9_with_point(neighbour)

    closest = nlargest(
        _MOST_SUGGESTIONS,
        code_of_key,
        key=partial(_likeness, key),
    )
    return tuple(code_of_key[neighbour] for neighbour in closest)


def search_diagnoses(words: str, language: Language, limit: int = 20) -> list[DiagnosisName]:
    """Find diagnoses by code or by words, best first.

    A code may be ICD-9, whole or its beginning, or ICD-10. Words may be Spanish or English, without
    accents and cut short; a diagnosis has to match all of them.
    """
    code = _normalize(words)
    if _CODE_LIKE.fullmatch(code) is None:
        found = find_by_words(words, language)
        return found[:limit]

    found = _find_by_code(code)
    if not found:
        found = find_by_words(words, language)
    if not found:
        alternatives = _alternatives_to(code)
        found = _names_of(alternatives)
    return found[:limit]


def describe_diagnosis(code: str, language: Language) -> str | None:
    """Return the name of a code, or of the nearest category above it that has one."""
    names = _names_of([code])
    if not names:
        return None
    return names[0].name(language)


def _suggest_by_name(words: str) -> tuple[str, ...]:
    found = find_by_words(words, "en")
    best = found[:_MOST_SUGGESTIONS]
    return tuple(diagnosis.code for diagnosis in best)


def _quote(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."


def _join_alternatives(codes: tuple[str, ...], language: Language) -> str:
    *others, last = codes
    if not others:
        return last

    listed = ", ".join(others)
    conjunction = _OR.in_language(language)
    return f"{listed} {conjunction} {last}"


def _normalize(text: str) -> str:
    return _POINT_OR_COMMA.sub(".", text.strip()).upper()


def _lookup_key(code: str) -> str:
    """Return a code as the tables write it: without point, numbers with their leading zeros."""
    category, point, rest = code.partition(".")
    if not category.isdigit():
        return category + rest

    is_whole_category = point or len(category) < CATEGORY_LENGTH
    if is_whole_category:
        category = category.zfill(CATEGORY_LENGTH)
    return category + rest


def _with_point(category: str, rest: str) -> str:
    return f"{category}.{rest}" if rest else category


def _icd9_with_point(key: str) -> str:
    category = icd9_category(key)
    rest = key[len(category) :]
    return _with_point(category.lstrip("0"), rest)


def _icd10_with_point(key: str) -> str:
    return _with_point(key[:CATEGORY_LENGTH], key[CATEGORY_LENGTH:])


def _read_as_icd9(code: str) -> str | None:
    for form in _ICD9_FORMS:
        match = form.fullmatch(code)
        if match is None:
            continue
        category, rest = match.groups(default="")
        key = category.zfill(CATEGORY_LENGTH) + rest
        if key in icd9_codes():
            return _icd9_with_point(key)
    return None


def _read_as_whole_float(code: str) -> str | None:
    """Return the category of ``486.0``, which is how a column of numbers with gaps has 486."""
    match = _WHOLE_FLOAT.fullmatch(code)
    return None if match is None else _read_as_icd9(match[1])


def _read_as_icd10(code: str, given: str) -> str:
    key = code.replace(".", "")
    equivalent = _icd9_equivalent(key)
    is_newer = equivalent is None and key in newer_icd10_codes()
    if is_newer:
        equivalent = _equivalent_of_parent(key)
    if equivalent is not None:
        return _icd9_with_point(equivalent)

    subdivisions = icd10_codes_under(key)
    if _any_has_icd9(subdivisions):
        raise UnknownDiagnosisError(given, _readable_subdivisions(key), _TOO_BROAD)
    if subdivisions or is_newer:
        raise UnknownDiagnosisError(given, (), _NO_EQUIVALENT)
    raise UnknownDiagnosisError(given)


def _icd9_equivalent(key: str) -> str | None:
    """Return the ICD-9 code of an ICD-10 code, or what those of its subdivisions begin with."""
    equivalents = _equivalents(key)
    known = [code for code in equivalents if code != NO_ICD9]
    common = _common_start(known)
    if common not in icd9_codes():
        return None
    return common


def _equivalents(key: str) -> list[str]:
    """Return what the crosswalk has for an ICD-10 code, or else for its subdivisions."""
    crosswalk = icd10_to_icd9()
    if key in crosswalk:
        return [crosswalk[key]]

    equivalents = []
    for code in icd10_codes_under(key):
        if _is_initial_encounter(code):
            equivalents.append(crosswalk[code])
    return equivalents


def _is_initial_encounter(icd10_code: str) -> bool:
    """Return whether a code is no later visit for an injury and no sequela: ICD-9 has others."""
    has_encounter = len(icd10_code) == _LENGTH_WITH_ENCOUNTER
    if not has_encounter:
        return True
    return icd10_code.endswith(_INITIAL_ENCOUNTER)


def _common_start(codes: list[str]) -> str:
    """Return the beginning that all codes share."""
    if not codes:
        return ""
    # In alphabetical order, all codes begin with what the first and the last have in common.
    first = min(codes)
    last = max(codes)
    common = ""
    for character, other in zip(first, last, strict=False):
        if character != other:
            break
        common += character
    return common


def _equivalent_of_parent(key: str) -> str | None:
    """Return the ICD-9 code of the nearest code above one that is newer than the crosswalk."""
    for length in range(len(key) - 1, CATEGORY_LENGTH - 1, -1):
        equivalent = _icd9_equivalent(key[:length])
        if equivalent is not None:
            return equivalent
    return None


def _readable_subdivisions(key: str) -> tuple[str, ...]:
    """Return subdivisions of a broad ICD-10 code, the unspecified ones, which are last, first."""
    one_character_more = len(key) + 1
    codes = icd10_codes_under(key)
    subdivisions = {code[:one_character_more] for code in codes}

    readable = []
    for subdivision in sorted(subdivisions, reverse=True):
        if _icd9_equivalent(subdivision) is None:
            continue
        code = _icd10_with_point(subdivision)
        readable.append(code)

    return tuple(readable[:_MOST_SUGGESTIONS])


def _any_has_icd9(icd10_codes: Iterable[str]) -> bool:
    crosswalk = icd10_to_icd9()
    equivalents = (crosswalk[code] for code in icd10_codes)
    return any(equivalent != NO_ICD9 for equivalent in equivalents)


def _neighbours(key: str, codes: list[str]) -> list[str]:
    """Return the codes around ``key`` in alphabetical order that begin as it does."""
    position = bisect_left(codes, key)
    first = max(0, position - _NEIGHBOURS_EACH_SIDE)
    end = position + _NEIGHBOURS_EACH_SIDE
    around = codes[first:end]

    start = key[:_SHARED_START]
    return [code for code in around if code.startswith(start)]


def _likeness(key: str, neighbour: str) -> tuple[int, float]:
    """Return how many first characters two codes share, then how similar they are as a whole."""
    shared = _common_start([key, neighbour])
    matcher = difflib.SequenceMatcher(
        isjunk=None,
        a=key,
        b=neighbour,
    )
    return len(shared), matcher.ratio()


def _find_by_code(code: str) -> list[DiagnosisName]:
    """Return the name of a whole code, then the names of all ICD-9 codes that begin with it."""
    found = _names_of([code])
    for key, diagnosis in diagnosis_names().items():
        begins_so = key.startswith(code) or diagnosis.code.startswith(code)
        if not begins_so:
            continue
        if diagnosis not in found:
            found.append(diagnosis)

    return found


def _alternatives_to(code: str) -> tuple[str, ...]:
    try:
        read_diagnosis(code)
    except UnknownDiagnosisError as error:
        return error.nearest
    return ()


def _names_of(codes: Iterable[str]) -> list[DiagnosisName]:
    """Return the names of codes of either system, each once; skip codes that are unknown."""
    found: list[DiagnosisName] = []
    for code in codes:
        try:
            diagnosis = read_diagnosis(code)
        except UnknownDiagnosisError:
            continue
        name = nearest_name(_lookup_key(diagnosis.code))
        if name is not None and name not in found:
            found.append(name)
    return found
