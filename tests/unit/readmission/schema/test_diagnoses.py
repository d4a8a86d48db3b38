import pytest

from readmission.schema.diagnoses import UnknownDiagnosisError, read_diagnosis


@pytest.mark.parametrize(("text", "code"), [("25000", "250.00"), ("E11.9", "250.00")])
def test_a_code_of_either_system_becomes_an_icd9_code(text: str, code: str) -> None:
    assert read_diagnosis(text).code == code


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(UnknownDiagnosisError, match="Z99999 is neither"):
        read_diagnosis("Z99999")
