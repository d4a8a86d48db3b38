"""What a tier of tests ran, skipped and spent its time on: summary.py JUNIT_FILE ..."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

SLOWEST = 10


@dataclass(frozen=True)
class Outcome:
    """One test as pytest reported it."""

    name: str
    seconds: float
    state: str
    reason: str = ""


def read_outcomes(path: Path) -> list[Outcome]:
    """Return the tests of one JUnit file."""
    cases = ElementTree.parse(path).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago
    return [_outcome_of(case) for case in cases]


def _outcome_of(case: ElementTree.Element) -> Outcome:
    name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
    seconds = float(case.get("time", 0))
    for tag, state in {"failure": "failed", "error": "failed", "skipped": "skipped"}.items():
        found = case.find(tag)
        if found is not None:
            return Outcome(name, seconds, state, found.get("message", ""))
    return Outcome(name, seconds, "passed")


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return what ran, what was skipped and why, and the slowest tests."""
    counts = Counter(outcome.state for outcome in outcomes)
    slowest = sorted(outcomes, key=lambda outcome: outcome.seconds, reverse=True)[:SLOWEST]
    skipped = sorted(
        (outcome for outcome in outcomes if outcome.state == "skipped"),
        key=lambda outcome: outcome.name,
    )
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    lines = ["", f"The {len(slowest)} slowest tests:"]
    lines += [f"  {outcome.seconds:6.1f} s  {outcome.name}" for outcome in slowest]
    lines += [f"{len(skipped)} skipped:" if skipped else "Nothing was skipped."]
    lines += [f"  {outcome.name}: {outcome.reason}" for outcome in skipped]
    lines += [f"FAILED {outcome.name}" for outcome in failed]
    lines += [f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"]
    return "\n".join(lines)


if __name__ == "__main__":
    files = [Path(argument) for argument in sys.argv[1:]]
    print(summary(list(chain.from_iterable(read_outcomes(file) for file in files))))  # noqa: T201
