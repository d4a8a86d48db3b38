"""The model: one random forest, or several that vote together, with calibration and threshold."""

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
from readmission.cores import usable_cores
from readmission.features.encoder import FeatureEncoder
from readmission.features.vocabulary import FeatureVocabulary, merge
from readmission.model.calibration import Calibration
from readmission.model.compressed_pickle import PackedPipeline
from readmission.model.settings import ForestSettings

SEED = 42
LEAF_STEPS = 1024
"""Leaves are rounded to 1/1024, so that float32 sums of them are exact in any order."""

BLOCK_ROWS = 2_048
"""All trees vote on this many rows before the next ones.

The rows stay in the processor's cache: voting takes half the time.
"""

OUT_OF_BAG_ROWS = 3_000
"""Training rows that a forest scores out of bag.

They are enough for a calibration, in a fifth of the time that all rows would take.
"""


class BatchForest(RandomForestClassifier):  # type: ignore[misc]
    """A random forest with the out-of-bag scores of a sample of its training rows.

    They are in ``out_of_bag_``, one a training row; NaN for a row outside the sample, and for one
    that every tree was grown on.
    """

    def fit(self, encoded: Matrix, target: NDArray[np.int64], sample_weight: None = None) -> Self:
        """Fit the trees, then score the sample."""
        super().fit(encoded, target, sample_weight)
        self.out_of_bag_ = self._out_of_bag_scores(encoded)
        return self

    def _out_of_bag_scores(self, encoded: Matrix) -> Scores:
        """Score each sampled row by the trees whose bootstrap sample left it out."""
        rows = len(encoded)
        step = max(1, rows // OUT_OF_BAG_ROWS)
        sample = np.arange(0, rows, step)
        sampled_rows = encoded[sample]
        sum_of_votes = np.zeros(len(sample))
        voters = np.zeros(len(sample))

        bootstraps = self.estimators_samples_
        for tree, bootstrap in zip(self.estimators_, bootstraps, strict=True):
            times_used = np.bincount(bootstrap, minlength=rows)
            is_out_of_bag = times_used[sample] == 0
            sum_of_votes += is_out_of_bag * _vote(tree, sampled_rows)
            voters += is_out_of_bag

        has_votes = voters > 0
        scored_rows = sample[has_votes]
        mean_votes = sum_of_votes[has_votes] / voters[has_votes]
        scores = np.full(rows, np.nan)
        scores[scored_rows] = mean_votes
        return scores


def build_pipeline(settings: ForestSettings, *, seed: int = SEED, workers: int = 1) -> Pipeline:
    """Return an unfitted pipeline: encoder, then forest."""
    encoder = FeatureEncoder(settings.min_share, seed)
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
    return PackedPipeline([("encoder", encoder), ("forest", forest)])


def round_leaves(pipeline: Pipeline) -> None:
    """Round every leaf to a multiple of 1 / LEAF_STEPS, in place."""
    for tree in pipeline["forest"].estimators_:
        class_shares = tree.tree_.value[:, 0, :]
        positive = class_shares[:, 1]
        steps = np.round(positive * LEAF_STEPS)
        rounded = steps / LEAF_STEPS

        class_shares[:, 0] = 1.0 - rounded
        class_shares[:, 1] = rounded


class ForestModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fitted forests that vote together, each by its weight; ``threshold`` decides ``predict``.

    Weights are small whole numbers, so that weighted sums of leaves stay exact in float32.
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
        vocabularies = []
        for pipeline in self.pipelines:
            encoder = pipeline["encoder"]
            vocabularies.append(encoder.vocabulary_)
        return merge(vocabularies)

    def scores(self, rows: pd.DataFrame) -> Scores:
        """Return the forests' mean vote on each row, before calibration."""
        encoded = self.vocabulary.encode(rows)
        return self.encoded_scores(encoded)

    def encoded_scores(self, encoded: Matrix, every: int = 1) -> Scores:
        """Return the forests' mean vote on rows that the model's vocabulary encoded."""
        votes = self.votes(encoded, every)
        return self.mean(votes)

    def mean(self, votes: Sequence[Scores]) -> Scores:
        """Return the weighted mean of the forests' votes, row by row."""
        mean: Scores = np.average(
            votes,
            axis=0,
            weights=self.weights,
        )
        return mean

    def votes(self, encoded: Matrix, every: int = 1) -> list[Scores]:
        """Return each forest's vote on encoded rows; ``every`` 4 lets only each fourth tree vote.

        Several forests vote in threads, one on each core.
        """
        if len(self.pipelines) == 1:
            votes = self._forest_votes(self.pipelines[0], encoded, every)
            return [votes]

        def vote(pipeline: Pipeline) -> Scores:
            return self._forest_votes(pipeline, encoded, every)

        with ThreadPoolExecutor(usable_cores()) as pool:
            votes_by_forest = pool.map(vote, self.pipelines)
            return list(votes_by_forest)

    def _forest_votes(self, pipeline: Pipeline, encoded: Matrix, every: int) -> Scores:
        """Return the mean vote of one forest's trees, as ``predict_proba`` without threads."""
        own_features = self._features_of(pipeline, encoded)
        trees = pipeline["forest"].estimators_[::every]
        rows = len(own_features)
        sum_of_votes = np.zeros(rows)

        for first in range(0, rows, BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            block_features = own_features[block]
            for tree in trees:
                sum_of_votes[block] += _vote(tree, block_features)
        return sum_of_votes / len(trees)

    def _features_of(self, pipeline: Pipeline, encoded: Matrix) -> Matrix:
        """Return the columns that one forest was trained on, copied to contiguous rows."""
        own_vocabulary = pipeline["encoder"].vocabulary_
        columns = self.vocabulary.indices_of(own_vocabulary.features)
        own_features = encoded[:, columns]
        return np.ascontiguousarray(own_features)

    def probabilities(self, rows: pd.DataFrame) -> Scores:
        """Return the calibrated probability of a readmission for each row."""
        scores = self.scores(rows)
        return self.calibration.apply(scores)

    def predict_proba(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return both classes' probabilities, as scikit-learn expects."""
        positive = self.probabilities(rows)
        negative = 1.0 - positive
        return np.column_stack([negative, positive])

    def predict(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        """Return 1 for a probability of at least the threshold, else 0."""
        probabilities = self.probabilities(rows)
        decisions = probabilities >= self.threshold
        return decisions.astype(np.int64)


def _vote(tree: DecisionTreeClassifier, encoded: Matrix) -> Scores:
    """Return the share of readmissions in each row's leaf.

    ``tree.predict_proba`` would check its input first, which costs more than the tree itself.
    """
    fitted = tree.tree_
    share_by_node = fitted.value[:, 0, 1]
    leaves = fitted.apply(encoded)
    votes = share_by_node.take(leaves)
    return np.asarray(votes, dtype=np.float64)
