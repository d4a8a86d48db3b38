"""The names of diagnoses in Spanish and English, and the search for words in them.

``diagnosis_names.csv`` has every ICD-9 category that ``read_diagnosis`` can return, the
subcategories that are frequent in the dataset, and other words that people use (``aliases``).
"""

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from readmission.schema.icd_tables import icd9_category
from readmission.schema.labels import Label, Language

_FILE = Path(__file__).with_name("diagnosis_names.csv")
_ACCENTS = re.compile("[\u0300-\u036f]")
_OTHER_LANGUAGE_WEIGHT = 0.8
_LEAST_SCORE = 0.01
_SPANISH_STOPS = ("a", "al", "con", "de", "del", "e", "el", "en", "la", "las", "los", "por", "y")
_ENGLISH_STOPS = ("and", "due", "for", "in", "of", "or", "the", "to", "with")
_STOP_WORDS = frozenset(_SPANISH_STOPS + _ENGLISH_STOPS)

Words = tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class _Searchable:
    """One diagnosis with the normalized words of its names and aliases."""

    diagnosis: DiagnosisName
    es: Words
    en: Words
    aliases: tuple[Words, ...]
    all_words: frozenset[str]

    def score(self, query: Words, language: Language) -> float:
        """Return 0 where a word of the query is missing, 1 for a perfect match."""
        for word in query:
            if not _begins_any(word, self.all_words):
                return 0.0

        spanish = _similarity(query, self.es)
        english = _similarity(query, self.en)
        if language == "es":
            english *= _OTHER_LANGUAGE_WEIGHT
        else:
            spanish *= _OTHER_LANGUAGE_WEIGHT

        by_alias = [_similarity(query, alias) for alias in self.aliases]
        return max(_LEAST_SCORE, spanish, english, *by_alias)


@lru_cache(maxsize=1)
def diagnosis_names() -> dict[str, DiagnosisName]:
    """Return all names by their code without point (``0088``), in the order of the file."""
    names = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["code"]
            key = code.replace(".", "")
            names[key] = DiagnosisName(
                code=code.lstrip("0"),
                es=row["es"],
                en=row["en"],
                aliases=_split_aliases(row["aliases"]),
            )
    return names


def nearest_name(key: str) -> DiagnosisName | None:
    """Return the name of an ICD-9 code without point, or of what is nearest above it."""
    names = diagnosis_names()
    shortest = len(icd9_category(key))
    for length in range(len(key), shortest - 1, -1):
        name = names.get(key[:length])
        if name is not None:
            return name
    return None


def find_by_words(text: str, language: Language) -> list[DiagnosisName]:
    """Return the diagnoses that match all words of ``text``, best first."""
    query = _significant_words(text)
    if not query:
        return []

    scored = []
    for searchable in _searchables():
        score = searchable.score(query, language)
        if score > 0:
            scored.append((score, searchable.diagnosis))

    scored.sort(key=itemgetter(0), reverse=True)
    return [diagnosis for _score, diagnosis in scored]


def _split_aliases(text: str) -> tuple[str, ...]:
    if text == "":
        return ()
    return tuple(text.split("; "))


def _begins_any(beginning: str, words: Iterable[str]) -> bool:
    return any(word.startswith(beginning) for word in words)


def _similarity(query: Words, text: Words) -> float:
    """Return how much of a text the query is: whole words count full, beginnings half."""
    matched = 0.0
    for word in query:
        if word in text:
            matched += 1.0
        elif _begins_any(word, text):
            matched += 0.5
    return matched / max(len(query), len(text))


@lru_cache(maxsize=1)
def _searchables() -> list[_Searchable]:
    names = diagnosis_names()
    return [_as_searchable(diagnosis) for diagnosis in names.values()]


def _as_searchable(diagnosis: DiagnosisName) -> _Searchable:
    es = _significant_words(diagnosis.es)
    en = _significant_words(diagnosis.en)
    aliases = tuple(map(_significant_words, diagnosis.aliases))
    return _Searchable(
        diagnosis=diagnosis,
        es=es,
        en=en,
        aliases=aliases,
        all_words=frozenset(es).union(en, *aliases),
    )


def _significant_words(text: str) -> Words:
    plain = _plain_letters(text)
    words = []
    for word in re.findall(r"[a-z0-9]+", plain):
        if word not in _STOP_WORDS:
            words.append(word)
    return tuple(words)


def _plain_letters(text: str) -> str:
    """Drop accents, and write British words as American ones: anaemia, oedema, tumour."""
    lower = text.casefold()
    decomposed = unicodedata.normalize("NFKD", lower)
    without_accents = _ACCENTS.sub("", decomposed)
    with_e = re.sub(r"[ao]e", "e", without_accents)
    return re.sub(r"our\b", "or", with_e)
