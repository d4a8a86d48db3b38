"""The synthetic sample: what it promises about itself, about its table and about the real data."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from connections.dataset.synthetic_marginals import PATH, read_marginals
from readmission.data.cleaning import clean
from readmission.data.splitting import TRAIN, VAL, split_patients
from readmission.features.encoder import FeatureEncoder
from readmission.schema import COLUMNS, DRUGS, MISSING, POSITIVE, TARGET, Column
from readmission.schema.codes import DEATH_OR_HOSPICE
from readmission.synthetic import sampler as synthetic
from readmission.synthetic.sampler import ConditionalTable, Marginals, Parent


@pytest.fixture(scope="module")
def marginals() -> Marginals:
    return read_marginals()


@pytest.fixture(scope="module")
def sample(marginals: Marginals) -> pd.DataFrame:
    return synthetic.generate(marginals)


def test_the_sample_has_the_datasets_shape(sample: pd.DataFrame) -> None:
    assert sample.columns.tolist() == [column.name for column in COLUMNS]
    assert (len(sample), sample["patient_nbr"].nunique()) == (101_766, 71_518)
    assert sample["encounter_id"].is_unique


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_every_value_is_in_its_columns_domain(column: Column, sample: pd.DataFrame) -> None:
    domain = column.domain
    values = set(sample[column.name].unique().tolist()) - ({MISSING} if domain.nullable else set())
    if domain.kind == "integer":
        assert min(values) >= domain.minimum
        assert max(values) <= domain.maximum
    elif domain.kind == "category":
        assert values <= set(domain.categories)
    else:
        assert [value for value in values if domain.normalize(value) != value] == []


def test_the_same_seed_gives_the_same_sample_and_another_seed_another(marginals: Marginals) -> None:
    few = replace(marginals, rows=1400, patients=1000)
    pd.testing.assert_frame_equal(synthetic.generate(few), synthetic.generate(few))
    assert not synthetic.generate(few, seed=7).equals(synthetic.generate(few))


def test_the_outcomes_are_as_frequent_as_published(sample: pd.DataFrame) -> None:
    shares = sample[TARGET].value_counts(normalize=True)
    assert shares[POSITIVE] == pytest.approx(11_357 / 101_766, abs=0.004)
    assert shares[">30"] == pytest.approx(35_545 / 101_766, abs=0.004)


def test_no_patient_is_readmitted_soon_after_death_or_hospice(sample: pd.DataFrame) -> None:
    ended = sample["discharge_disposition_id"].isin(DEATH_OR_HOSPICE)
    assert ended.mean() == pytest.approx(0.0238, abs=0.002)
    assert (sample.loc[ended, TARGET] != POSITIVE).all()


def test_the_risk_grows_with_the_stays_of_the_year_before(sample: pd.DataFrame) -> None:
    soon = (sample[TARGET] == POSITIVE).groupby(sample["number_inpatient"].clip(upper=5)).mean()
    assert soon.is_monotonic_increasing
    assert soon[0] < 0.1
    assert soon[5] > 0.28


def test_a_patient_who_returns_has_more_stays_behind_each_time(sample: pd.DataFrame) -> None:
    stays = sample.groupby(sample.groupby("patient_nbr").cumcount().clip(upper=3))[
        "number_inpatient"
    ].mean()
    assert stays.is_monotonic_increasing
    assert sample.groupby("patient_nbr")[["race", "gender", "age"]].nunique().to_numpy().max() == 1


def test_the_medication_columns_agree(sample: pd.DataFrame) -> None:
    taken = (sample[list(DRUGS)] != "No").sum(axis=1)
    assert ((taken > 0) == (sample["diabetesMed"] == "Yes")).all()
    assert (sample.loc[taken > 1, "change"] == "Ch").all()


def shares_of(table: ConditionalTable) -> "pd.Series[float]":
    """Return the share of each value over all contexts of the committed table."""
    counts = pd.Series(np.array([*table.counts.values()]).sum(axis=0), index=list(table.values))
    return counts / counts.sum()


def distance(shares: "pd.Series[float]", values: "pd.Series[object]") -> float:
    """Return the share of rows that would have to change their value (total variation)."""
    return float(shares.sub(values.value_counts(normalize=True), fill_value=0).abs().sum() / 2)


def test_every_columns_marginal_is_near_the_committed_one(
    marginals: Marginals, sample: pd.DataFrame
) -> None:
    tables = {name: table for name, table in marginals.encounter.items() if name in sample}
    far = {name: distance(shares_of(table), sample[name]) for name, table in tables.items()}
    assert {name: far[name] for name in far if far[name] > 0.02} == {}


def test_the_dependencies_are_near_the_committed_ones(
    marginals: Marginals, sample: pd.DataFrame
) -> None:
    metformin = marginals.encounter["metformin"]
    table = pd.DataFrame(metformin.counts, index=list(metformin.values)).T
    insulin = table.index.str.split("|").str[1]
    counts = table.groupby(insulin).sum()
    expected = counts.div(counts.sum(axis=1), axis=0)
    sampled = pd.crosstab(sample["insulin"], sample["metformin"], normalize="index")
    assert sampled.sub(expected).abs().to_numpy().max() < 0.02


def test_a_forest_finds_on_the_sample_what_it_finds_on_the_real_data(sample: pd.DataFrame) -> None:
    rows = clean(sample)
    split = split_patients(rows["patient_nbr"])
    train, val = rows[split == TRAIN].iloc[::5], rows[split == VAL]
    encoder = FeatureEncoder().fit(train, train[TARGET].to_numpy())
    forest = RandomForestClassifier(60, min_samples_leaf=20, n_jobs=2, random_state=0)
    forest.fit(encoder.transform(train), train[TARGET])
    risk = forest.predict_proba(encoder.transform(val))[:, 1]
    assert 0.62 < roc_auc_score(val[TARGET], risk) < 0.71


def test_the_committed_table_is_small_and_holds_no_small_cell(marginals: Marginals) -> None:
    assert PATH.stat().st_size < 150_000
    cells = {
        count for table in tables_of(marginals) for line in table.counts.values() for count in line
    }
    assert min(cells - {0}) >= 10
    assert all(count % 5 == 0 for count in cells)


def tables_of(marginals: Marginals) -> Iterator[ConditionalTable]:
    yield from marginals.patient.values()
    yield from marginals.encounter.values()


def test_a_suppressed_combination_takes_the_overall_shares() -> None:
    table = ConditionalTable((Parent("race"),), ("a", "b"), {"|x": [10, 0], "|y": [0, 30]})
    rows = pd.DataFrame({"race": ["x", "y", "unseen"] * 4000})
    shares = pd.crosstab(
        rows["race"], table.sample(rows, np.random.default_rng(1)), normalize="index"
    )
    assert shares["a"].to_dict() == pytest.approx({"x": 1, "y": 0, "unseen": 0.25}, abs=0.02)
