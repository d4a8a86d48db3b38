"""The served model: an ONNX file with its vocabulary and threshold. Nothing is unpickled."""

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

INPUT = "features"
OUTPUT = "probability"

_DATA_FRAME_MIN_ROWS = 500
"""From so many rows on, encoding them as a DataFrame is faster than one by one."""

_LOAD_ERRORS = (
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NotImplemented,
    runtime.RuntimeException,
    KeyError,
    ValueError,
)
"""What ONNX Runtime and the reading of metadata raise for a file that is not one of our models."""


class OnnxModel:
    """Calibrated probabilities from ONNX Runtime on one thread: a patient takes microseconds."""

    def __init__(self, content: bytes) -> None:
        try:
            self._session = onnxruntime.InferenceSession(
                content,
                _session_options(),
                providers=["CPUExecutionProvider"],
            )
            model_facts = self._session.get_modelmeta()
            self.metadata: Mapping[str, str] = dict(model_facts.custom_metadata_map)
            self.threshold = float(self.metadata["threshold"])
            self._vocabulary = FeatureVocabulary.from_json(self.metadata["vocabulary"])
        except _LOAD_ERRORS as error:
            raise BrokenModelError(f"The ONNX model cannot be read: {error!r}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file; raises BrokenModelError when it is not one of our models."""
        try:
            return cls(path.read_bytes())
        except (OSError, BrokenModelError) as error:
            raise BrokenModelError(f"{path.name}: {error}") from error

    def probabilities(self, rows: Sequence[Encounter]) -> NDArray[np.float64]:
        """Return the probability for each row of model fields; absent fields take their default."""
        if len(rows) >= _DATA_FRAME_MIN_ROWS:
            frame = pd.DataFrame(list(rows))
            return self.frame_probabilities(frame)

        encoded_rows = [self._vocabulary.encode_one(row) for row in rows]
        encoded = np.array(encoded_rows, dtype=np.float32)
        return self._run(encoded)

    def frame_probabilities(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Return the probability for each row of a DataFrame of model fields."""
        return self._run(self._vocabulary.encode(rows))

    def _run(self, encoded: Matrix) -> NDArray[np.float64]:
        # Without rows, the matrix has no second dimension yet.
        columns = len(self._vocabulary.features)
        features = encoded.reshape(-1, columns)
        outputs: Any = self._session.run(
            [OUTPUT],
            {INPUT: features},
        )
        probabilities = np.asarray(outputs[0], dtype=np.float64)
        return probabilities.ravel()


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    return options
