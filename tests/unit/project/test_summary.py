"""What the tiers print at their end, from results as pytest writes them."""

from pathlib import Path

from tests.summary import read_outcomes, summary

RESULTS = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_quick" time="0.1"/>
<testcase classname="tests.unit.test_a" name="test_slow" time="12.5"/>
<testcase classname="tests.e2e.test_b" name="test_server" time="0.0">
<skipped message="MySQL is missing"/></testcase>
<testcase classname="tests.e2e.test_b" name="test_broken" time="1.0">
<failure message="assert 1 == 2"/></testcase>
<testcase classname="tests.e2e.test_b" name="test_no_fixture" time="1.0">
<error message="no such table"/></testcase>
</testsuite></testsuites>"""


def printed(folder: Path) -> list[str]:
    (folder / "results.xml").write_text(RESULTS)
    return summary(read_outcomes(folder / "results.xml")).splitlines()


def test_the_last_line_counts_what_passed_failed_and_was_skipped(tmp_path: Path) -> None:
    assert printed(tmp_path)[-1] == "2 passed, 2 failed, 1 skipped"


def test_the_slowest_test_comes_first(tmp_path: Path) -> None:
    assert printed(tmp_path)[2].split() == ["12.5", "s", "tests/unit/test_a.py::test_slow"]


def test_skipped_and_failed_tests_are_named(tmp_path: Path) -> None:
    lines = printed(tmp_path)
    assert "  tests/e2e/test_b.py::test_server: MySQL is missing" in lines
    assert "FAILED tests/e2e/test_b.py::test_broken" in lines
    assert "FAILED tests/e2e/test_b.py::test_no_fixture" in lines
