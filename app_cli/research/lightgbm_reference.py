"""Gradient boosting on all training rows, to compare the forests with; a development dependency."""

import numpy as np

from readmission.arrays import Matrix, Scores, Target


def lightgbm_reference(train: Matrix, target: Target, held_out: Matrix) -> Scores:
    """Fit LightGBM with settings that suit this dataset; return the held-out probabilities."""
    from lightgbm import LGBMClassifier

    boosting = LGBMClassifier(
        n_estimators=400,
        learning_rate=0.03,
        num_leaves=31,
        min_child_samples=50,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.4,
        reg_lambda=5.0,
        random_state=0,
        deterministic=True,
        verbose=-1,
    )
    boosting.fit(train, target)
    both_classes = np.asarray(boosting.predict_proba(held_out))
    return both_classes[:, 1]
