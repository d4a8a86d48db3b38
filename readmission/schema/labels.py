"""Names for people, in Spanish and in English."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["es", "en"]


@dataclass(frozen=True, slots=True)
class Label:
    """A name for people, in Spanish and in English."""

    es: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in one language."""
        return self.es if language == "es" else self.en
