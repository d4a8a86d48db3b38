"""The model: one random forest, or several that vote together, with a calibration and a threshold."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from readmission.arrays import Matrix, Scores
from readmission.features.encoder import FeatureEncoder
from readmission.features.vocabulary import FeatureVocabulary, merge
from readmission.model.calibration import Calibration
from readmission.model.compressed_pickle import PackedPipeline
from readmission.model.settings import ForestSettings

SEED = 42
LEAF_STEPS = 1024
"""Leaves are rounded to 1/1024, so that float32 sums of them are exact in any order."""

BLOCK_ROWS = 2_048
"""Rows that all trees vote on before the next ones: they stay in the processor's cache, in half the time."""

OUT_OF_BAG_ROWS = 3_000
"""Training rows that a forest scores out of bag: enough for a calibration, in a fifth of the time of all rows."""


class BatchForest(RandomForestClassifier):  # type: ignore[misc]
    """A random forest that keeps the out-of-bag scores of a sample of its training rows in ``out_of_bag_``."""

    def fit(self, encoded: Matrix, target: NDArray[np.int64], sample_weight: None = None) -> Self:
        """Fit the trees, then score a sample of the training rows by the trees that have not seen them."""
        super().fit(encoded, target, sample_weight)
        self.out_of_bag_ = self._out_of_bag_scores(encoded)
        return self

    def _out_of_bag_scores(self, encoded: Matrix) -> Scores:
        """Return a score a training row; NaN outside the sample, and where every tree has seen the row."""
        rows = len(encoded)
        sample = np.arange(0, rows, max(1, rows // OUT_OF_BAG_ROWS))
        sampled = encoded[sample]
        votes = np.zeros(len(sample))
        voters = np.zeros(len(sample))
        for tree, drawn in zip(self.estimators_, self.estimators_samples_, strict=True):
            times_drawn = np.bincount(drawn, minlength=rows)[sample]
            unseen = times_drawn == 0
            votes += unseen * _vote(tree, sampled)
            voters += unseen
        scores = np.full(rows, np.nan)
        scored = voters > 0
        scores[sample[scored]] = votes[scored] / voters[scored]
        return scores


def build_pipeline(settings: ForestSettings, *, seed: int = SEED, workers: int = 1) -> Pipeline:
    """Return an unfitted pipeline: encoder, then forest."""
    forest = BatchForest(
        n_estimators=settings.trees,
        min_samples_leaf=settings.min_samples_leaf,
        max_features=settings.max_features,
        criterion=settings.criterion,
        class_weight=settings.class_weight,
        max_samples=settings.max_samples,
        random_state=seed,
        n_jobs=workers,
    )
    return PackedPipeline(
        [("encoder", FeatureEncoder(settings.min_share, seed)), ("forest", forest)]
    )


def round_leaves(pipeline: Pipeline) -> Pipeline:
    """Round every leaf to a multiple of 1 / LEAF_STEPS, in place."""
    for tree in pipeline["forest"].estimators_:
        shares = tree.tree_.value[:, 0, :]
        positive = np.round(shares[:, 1] * LEAF_STEPS) / LEAF_STEPS
        shares[:, 0] = 1.0 - positive
        shares[:, 1] = positive
    return pipeline


class ForestModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fitted forests that vote together, each by its weight; ``predict`` decides at the stored threshold.

    Weights are small whole numbers, so that sums of leaves stay exact in float32.
    """

    def __init__(
        self,
        pipelines: Sequence[Pipeline],
        calibration: Calibration,
        threshold: float = 0.5,
        weights: Sequence[int] = (1,),
    ) -> None:
        self.pipelines = pipelines
        self.calibration = calibration
        self.threshold = threshold
        self.weights = weights

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Return the two classes: not readmitted, readmitted within 30 days."""
        return np.array([0, 1])

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, _rows: pd.DataFrame, _target: object = None) -> Self:
        """Return the model: its forests are fitted already."""
        return self

    @cached_property
    def vocabulary(self) -> FeatureVocabulary:
        """Return the features of all forests."""
        return merge([pipeline["encoder"].vocabulary_ for pipeline in self.pipelines])

    def scores(self, rows: pd.DataFrame) -> Scores:
        """Return the forests' mean vote, before calibration."""
        return self.encoded_scores(self.vocabulary.encode(rows))

    def encoded_scores(self, encoded: Matrix, every: int = 1) -> Scores:
        """Return the forests' mean vote on rows that the model's vocabulary encoded."""
        return self.mean(self.votes(encoded, every))

    def mean(self, votes: Sequence[Scores]) -> Scores:
        """Return the weighted mean of the forests' votes, row by row."""
        return np.asarray(np.average(votes, axis=0, weights=self.weights), dtype=np.float64)

    def votes(self, encoded: Matrix, every: int = 1) -> list[Scores]:
        """Return each forest's vote on encoded rows; ``every`` 4 lets only each fourth tree vote."""
        if len(self.pipelines) == 1:
            return [self._forest_votes(self.pipelines[0], encoded, every)]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            running = [
                pool.submit(self._forest_votes, pipeline, encoded, every)
                for pipeline in self.pipelines
            ]
            return [votes.result() for votes in running]

    def _forest_votes(self, pipeline: Pipeline, encoded: Matrix, every: int) -> Scores:
        """Let the trees vote one by one: the forest's ``predict_proba`` without its threads."""
        columns = self.vocabulary.indices_of(pipeline["encoder"].vocabulary_.features)
        own_features = np.ascontiguousarray(encoded[:, columns])
        trees = pipeline["forest"].estimators_[::every]
        votes = np.zeros(len(own_features))
        for first in range(0, len(own_features), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            for tree in trees:
                votes[block] += _vote(tree, own_features[block])
        return votes / len(trees)

    def probabilities(self, rows: pd.DataFrame) -> Scores:
        """Return the calibrated probability of a readmission for each row."""
        return self.calibration.apply(self.scores(rows))

    def predict_proba(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return both classes' probabilities, as scikit-learn expects."""
        positive = self.probabilities(rows)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return 1 from the threshold on, else 0."""
        return (self.probabilities(rows) >= self.threshold).astype(np.int64)


def _vote(tree: DecisionTreeClassifier, encoded: Matrix) -> Scores:
    """Return the share of readmissions in each row's leaf, without checks that cost more than the tree."""
    share_of_node = tree.tree_.value[:, 0, 1]
    leaves = tree.tree_.apply(encoded)
    return np.asarray(share_of_node.take(leaves), dtype=np.float64)
