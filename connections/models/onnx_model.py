"""A served model: an ONNX file that carries its vocabulary and threshold. Nothing is unpickled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from readmission.arrays import Matrix
from readmission.errors import BrokenModelError
from readmission.features.vocabulary import Encounter, FeatureVocabulary

INPUT, OUTPUT = "features", "probability"
_FRAME_PAYS_FROM_ROWS = 500
_FAULTS = (
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NotImplemented,
    runtime.RuntimeException,
    KeyError,
    ValueError,
)


class OnnxModel:
    """Calibrated probabilities from ONNX Runtime, on one thread: one patient takes microseconds."""

    def __init__(self, content: bytes) -> None:
        try:
            self._session = onnxruntime.InferenceSession(
                content, _options(), providers=["CPUExecutionProvider"]
            )
            self.metadata: Mapping[str, str] = dict(
                self._session.get_modelmeta().custom_metadata_map
            )
            self.threshold = float(self.metadata["threshold"])
            self._vocabulary = FeatureVocabulary.from_json(self.metadata["vocabulary"])
        except _FAULTS as error:
            raise BrokenModelError(f"The ONNX model cannot be read: {error!r}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; raises BrokenModelError when it is not one of our models."""
        try:
            return cls(path.read_bytes())
        except (OSError, BrokenModelError) as error:
            raise BrokenModelError(f"{path.name}: {error}") from error

    def probabilities(self, rows: Sequence[Encounter]) -> NDArray[np.float64]:
        """Return the probability for each row of model fields; a field that is left out takes its default."""
        if len(rows) >= _FRAME_PAYS_FROM_ROWS:
            return self.frame_probabilities(pd.DataFrame(list(rows)))
        return self._run(
            np.array([self._vocabulary.encode_one(row) for row in rows], dtype=np.float32)
        )

    def frame_probabilities(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the probability for each row of a table."""
        return self._run(self._vocabulary.encode(rows))

    def _run(self, encoded: Matrix) -> NDArray[np.float64]:
        answer: Any = self._session.run(
            [OUTPUT], {INPUT: encoded.reshape(-1, len(self._vocabulary.features))}
        )
        return np.asarray(answer[0], dtype=np.float64).ravel()


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
