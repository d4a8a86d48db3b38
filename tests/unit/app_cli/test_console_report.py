"""What the command line says of a load."""

from datetime import UTC, datetime

import pytest

from app_cli.console_report import print_load
from readmission.records import Load


def make_load(converted_codes: int | None) -> Load:
    return Load(
        load_id="l",
        source="file:///data.csv",
        sha256="",
        synthetic=False,
        rows=101_766,
        rejected=0,
        status="loaded",
        started_at=datetime.now(UTC),
        seconds=1.0,
        converted_codes=converted_codes,
    )


def test_a_load_says_how_many_codes_were_converted(capsys: pytest.CaptureFixture[str]) -> None:
    print_load(make_load(12_345))
    assert ", 12,345 diagnosis codes converted from ICD-10, " in capsys.readouterr().out


@pytest.mark.parametrize("converted_codes", [0, None])
def test_a_load_without_icd10_does_not_mention_it(
    capsys: pytest.CaptureFixture[str], converted_codes: int | None
) -> None:
    print_load(make_load(converted_codes))
    assert "ICD-10" not in capsys.readouterr().out
