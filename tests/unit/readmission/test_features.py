"""The features of an encounter."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from readmission.arrays import target_of
from readmission.features.encoder import FeatureEncoder
from readmission.features.logistic_score import STEPS
from readmission.features.signals import FEATURE_FIELDS, icd9_chapter, icd9_group, signals
from readmission.features.vocabulary import MAX_CACHED_VALUES, FeatureVocabulary, merge
from readmission.schema import FIELDS, ID_COLUMNS, TARGET
from tests.fakes.patients import make_patients


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_patients(400)


@pytest.fixture(scope="module")
def vocabulary(rows: pd.DataFrame) -> FeatureVocabulary:
    return FeatureEncoder(0.02, 7).fit(rows, target_of(rows)).vocabulary_


def plain(rows: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def feature(vocabulary: FeatureVocabulary, name: str, encounter: dict[str, object]) -> float:
    return vocabulary.encode_one(encounter)[vocabulary.features.index(name)]


def test_one_encounter_is_encoded_as_a_table_of_them(
    vocabulary: FeatureVocabulary, rows: pd.DataFrame
) -> None:
    assert (
        vocabulary.encode(rows).tolist()
        == pd.DataFrame(map(vocabulary.encode_one, plain(rows))).astype("f4").values.tolist()
    )


def test_neither_ids_nor_target_are_features(
    vocabulary: FeatureVocabulary, rows: pd.DataFrame
) -> None:
    changed = rows.assign(**dict.fromkeys((*ID_COLUMNS, TARGET), 1))
    assert (vocabulary.encode(changed) == vocabulary.encode(rows)).all()
    assert not {*ID_COLUMNS, TARGET} & {*FEATURE_FIELDS, *vocabulary.features}


def test_every_other_field_can_change_the_features() -> None:
    known = {
        name: signals(name, "1" if name.endswith("_code") else None) for name in FEATURE_FIELDS
    }
    assert set(known) == {field.name for field in FIELDS} - {
        "admission_type_id",
        "discharge_disposition_id",
        "admission_source_id",
    }


def test_a_code_that_is_left_out_is_the_most_frequent_of_its_group(
    vocabulary: FeatureVocabulary,
) -> None:
    home, other = ({"discharge_disposition_id": group} for group in ("Alta a casa", "Otro"))
    assert feature(vocabulary, "discharge_disposition_code", home) == 1
    assert feature(vocabulary, "discharge_disposition_code", other) == 3


def test_a_given_code_wins_over_its_group(vocabulary: FeatureVocabulary) -> None:
    given = {"discharge_disposition_id": "Alta a casa", "discharge_disposition_code": "22"}
    assert feature(vocabulary, "discharge_disposition_code=22", given) == 1
    assert feature(vocabulary, "discharge_disposition_id=Otro", given) == 1


def test_counts_collect_from_several_fields(vocabulary: FeatureVocabulary) -> None:
    encounter = {
        "number_inpatient": 2,
        "number_emergency": 1,
        "diag_1": "428",
        "diag_2": "428.9",
        "insulin": "Up",
    }
    assert feature(vocabulary, "visits", encounter) == 3
    assert feature(vocabulary, "diagnosis=428", encounter) == 2
    assert feature(vocabulary, "drugs_changed", encounter) == 1


def test_an_empty_payload_is_the_payload_of_all_defaults(vocabulary: FeatureVocabulary) -> None:
    assert vocabulary.encode_one({}) == vocabulary.encode_one(
        {field.name: field.default for field in FIELDS}
    )


def test_a_target_encoding_does_not_depend_on_the_rows_own_outcome() -> None:
    rows = make_patients(200).assign(payer_code=[f"P{number}" for number in range(200)])
    outcomes = np.random.default_rng(0).permutation(200) % 2
    encoder = FeatureEncoder(0.02, 7)
    cross_fitted = encoder.fit_transform(rows, outcomes)
    column = encoder.vocabulary_.features.index("payer_code@7")
    known = roc_auc_score(outcomes, encoder.transform(rows)[:, column])
    assert known > 0.7, "a rate of one row is its outcome"
    assert roc_auc_score(outcomes, cross_fitted[:, column]) < 0.6


def test_a_merged_vocabulary_has_the_target_encodings_of_both(rows: pd.DataFrame) -> None:
    encoders = [
        FeatureEncoder(0.02, seed).fit(rows[seed::2], target_of(rows)[seed::2]) for seed in (0, 1)
    ]
    together = merge([encoder.vocabulary_ for encoder in encoders])
    for encoder in encoders:
        columns = together.indices_of(encoder.vocabulary_.features)
        assert (together.encode(rows)[:, columns] == encoder.transform(rows)).all()


def test_a_vocabulary_can_be_read_from_its_json(
    vocabulary: FeatureVocabulary, rows: pd.DataFrame
) -> None:
    read = FeatureVocabulary.from_json(vocabulary.to_json())
    assert (read.encode(rows) == vocabulary.encode(rows)).all()


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("428", "circulatory"),
        ("785.5", "circulatory"),
        ("250.83", "diabetes"),
        ("486", "respiratory"),
        ("V57", "other"),
        ("E909", "other"),
        ("153", "neoplasms"),
        ("996", "injury"),
        ("599", "genitourinary"),
        ("715", "musculoskeletal"),
        ("562", "digestive"),
        ("276", "other"),
    ],
)
def test_diagnoses_fall_in_the_groups_of_strack(code: str, group: str) -> None:
    assert icd9_group(icd9_chapter(code)) == group


def test_a_logistic_score_does_not_depend_on_the_rows_own_outcome() -> None:
    rows = make_patients(200).assign(payer_code=[f"P{n}" for n in range(200)])
    chance = np.random.default_rng(0).permutation(200) % 2
    encoder = FeatureEncoder(0.02, 7)
    cross_fitted = encoder.fit_transform(rows, chance)[:, -1]
    fitted = encoder.transform(rows)[:, -1]
    assert roc_auc_score(chance, fitted) > 0.7 > 0.6 > roc_auc_score(chance, cross_fitted)


def test_a_logistic_score_rises_with_every_stay(vocabulary: FeatureVocabulary) -> None:
    scores = [feature(vocabulary, "risk@7", {"number_inpatient": stays}) for stays in range(8)]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_sums_of_log_odds_are_exact_in_single_precision(
    vocabulary: FeatureVocabulary, rows: pd.DataFrame
) -> None:
    steps = vocabulary.encode(rows)[:, -1] * STEPS
    assert (steps == steps.round()).all()


def test_free_texts_do_not_fill_the_memory(vocabulary: FeatureVocabulary) -> None:
    first = vocabulary.encode_one({"medical_specialty": "text 0"})
    texts = [f"text {number}" for number in range(2 * MAX_CACHED_VALUES)]
    for text in texts:
        vocabulary.encode_one({"medical_specialty": text})
    assert len(vocabulary._deltas["medical_specialty"]) <= MAX_CACHED_VALUES
    assert len(vocabulary._corrections["medical_specialty"]) <= MAX_CACHED_VALUES
    assert vocabulary.encode_one({"medical_specialty": "text 0"}) == first
