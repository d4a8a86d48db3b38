"""Fitted pipelines that pickle compressed, to a fifth of their size.

A pipeline is pickled several times: for its run, for the model folder, and again as part of the
average. It is compressed only once.
"""

import pickle
from functools import cached_property
from typing import Any, Self

from pyarrow import Codec
from sklearn.pipeline import Pipeline

_ZSTD = Codec("zstd", compression_level=3)


class PackedPipeline(Pipeline):  # type: ignore[misc]
    """A pipeline that pickles as compressed bytes.

    The bytes are cached, so a pipeline must not change after it was pickled once.
    """

    @cached_property
    def packed(self) -> tuple[bytes, int]:
        """Return the compressed state, and its size before compression in bytes."""
        state = pickle.dumps(self.__dict__)
        compressed = _ZSTD.compress(state, asbytes=True)
        size = len(state)
        return compressed, size

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedPipeline.unpacked, self.packed

    @classmethod
    def unpacked(cls, packed: bytes, size: int) -> Self:
        """Return the pipeline of a compressed state; ``size`` is that of the state in bytes."""
        state = _ZSTD.decompress(packed, size, asbytes=True)
        attributes = pickle.loads(state)  # noqa: S301 - part of a pickle that is trusted
        pipeline = cls.__new__(cls)
        pipeline.__dict__.update(attributes)
        pipeline.__dict__["packed"] = (packed, size)
        return pipeline
