"""The reasons of promotions in the visitor's language.

They are stored as English sentences, in tables that earlier versions wrote; each is recognised by
its wording, and one that is not is shown as it is.
"""

import re

from app_front import translations as texts
from app_front.language import format_decimal, translate
from readmission.schema import Label

_INTERVAL_DIGITS = 4

_F1_MARGIN = re.compile(
    r"F1 minus the champion's \(version (\d+)\) on the same rows: "
    r"95 % in \[([+-][\d.]+), ([+-][\d.]+)\]\."
)
_REASONS: dict[str, Label] = {
    "There was no champion.": texts.NO_CHAMPION_BEFORE,
    "It is the champion already.": texts.CHAMPION_ALREADY,
    "A model of synthetic data does not replace one of real data.": texts.SYNTHETIC_AFTER_REAL,
    "A model of real data replaces one of synthetic data.": texts.REAL_AFTER_SYNTHETIC,
    "Chosen by hand.": texts.CHOSEN_BY_HAND,
    "Rolled back by hand.": texts.ROLLED_BACK_BY_HAND,
}


def explain_promotion(reason: str) -> str:
    """Return the stored reason of a decision in the visitor's language."""
    label = _REASONS.get(reason)
    if label is not None:
        return translate(label)
    match = _F1_MARGIN.fullmatch(reason)
    if match is None:
        return reason
    version, low, high = match.groups()
    return translate(
        texts.F1_MARGIN,
        version=version,
        low=_signed(float(low)),
        high=_signed(float(high)),
    )


def _signed(number: float) -> str:
    text = format_decimal(abs(number), _INTERVAL_DIGITS)
    sign = "\N{MINUS SIGN}" if number < 0 else "+"
    return sign + text
