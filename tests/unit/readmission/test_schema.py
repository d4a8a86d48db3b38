"""The vocabulary declares each thing once and without contradiction."""

import re

import pytest

from readmission.schema import (
    CODE_GROUPS,
    COLUMN_BY_NAME,
    COLUMNS,
    FIELD_BY_NAME,
    FIELDS,
    ORIGINAL_FIELDS,
    SECTIONS,
    CodeGroup,
    Field,
    Label,
    codes,
)


def test_all_fifty_columns_are_declared_once() -> None:
    assert len({column.name for column in COLUMNS}) == len(COLUMNS) == 50


def test_the_originals_twenty_fields_keep_their_order_and_defaults() -> None:
    assert {field.name: field.default for field in ORIGINAL_FIELDS} == {
        "race": "Caucasian",
        "gender": "Female",
        "age": 65,
        "time_in_hospital": 3,
        "num_lab_procedures": 44,
        "num_procedures": 0,
        "num_medications": 13,
        "number_outpatient": 0,
        "number_emergency": 0,
        "number_inpatient": 0,
        "number_diagnoses": 9,
        "max_glu_serum": "None",
        "A1Cresult": "None",
        "change": "No",
        "diabetesMed": "Yes",
        "admission_type_id": "Emergencia",
        "discharge_disposition_id": "Alta a casa",
        "admission_source_id": "Referencia",
        "examide": "No",
        "citoglipton": "No",
    }


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_default_is_in_its_fields_domain(field: Field) -> None:
    domain, default = field.domain, field.default
    if default is None:
        assert domain.nullable
    elif domain.kind == "integer":
        assert domain.minimum <= default <= domain.maximum
    elif domain.kind == "category":
        assert default in domain.categories
    else:
        assert re.fullmatch(domain.pattern, default)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_has_labels_in_both_languages_and_a_section(field: Field) -> None:
    assert field.label.es
    assert field.label.en
    assert field.section in SECTIONS
    assert set(field.choices) <= set(field.domain.categories)


@pytest.mark.parametrize("group", CODE_GROUPS, ids=lambda group: group.column)
def test_a_code_group_names_two_fields_of_one_column(group: CodeGroup) -> None:
    code, label = FIELD_BY_NAME[group.code_field], FIELD_BY_NAME[group.group_field]
    assert code.source == label.source == COLUMN_BY_NAME[group.column].name
    assert set(label.domain.categories) == set(group.label_of.values())


def test_a_code_under_two_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="two labels"):
        codes.invert({"Alta a casa": (1, 19), "Otro": (19,)})


@pytest.mark.parametrize(
    ("groups", "meanings", "outside"),
    [
        (codes.ADMISSION_TYPE_GROUPS, codes.ADMISSION_TYPES, {5, 6, 8}),
        (
            codes.DISCHARGE_DISPOSITION_GROUPS,
            codes.DISCHARGE_DISPOSITIONS,
            {18, 25, 26, *codes.DEATH_OR_HOSPICE},
        ),
        (codes.ADMISSION_SOURCE_GROUPS, codes.ADMISSION_SOURCES, {9, 15, 17, 20, 21}),
    ],
)
def test_every_code_is_grouped_unless_it_means_unknown_or_leaves_the_cohort(
    groups: dict[str, tuple[int, ...]], meanings: dict[int, Label], outside: set[int]
) -> None:
    assert set(codes.invert(groups)) == set(meanings) - outside
