"""A training that several test modules look at."""

import pytest

from tests.fakes.model import InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import make_clean_data
from tests.fakes.training import TrainingBench


@pytest.fixture(scope="session")
def trained() -> TrainingBench:
    """Train once for all tests, which must not change it."""
    bench = TrainingBench()
    bench.train_all("t1")
    return bench


@pytest.fixture
def champion(trained: TrainingBench) -> TrainingBench:
    """Return the training with a registry and promotions that a test may change."""
    tracking = InMemoryTracking(
        candidates=dict(trained.tracking.candidates),
        reports=dict(trained.tracking.reports),
        metrics=dict(trained.tracking.metrics),
    )
    bench = TrainingBench(make_clean_data(), tracking)
    bench.registry = InMemoryModelStore(
        list(trained.registry.registered),
        dict(trained.registry.models),
        dict(trained.registry.trainings),
        dict(trained.registry.aliases),
    )
    return bench
