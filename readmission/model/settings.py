"""What the forests are grown with; apart from them, because whoever imports them pays for scikit-learn."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """What the search chose on validation (``./run tune``; the evidence is in docs/model.md)."""

    trees: int = 150
    min_samples_leaf: int = 20
    max_features: float = 0.2
    criterion: Literal["gini", "log_loss"] = "log_loss"
    class_weight: Literal["balanced_subsample"] | None = None
    max_samples: float | None = None
    min_share: float = 0.02
