"""The part of the data's version that changes with the cleaning code."""

import hashlib
import inspect
from functools import cache

from readmission.data import cleaning, cohort, splitting
from readmission.schema import code_groups, codes, columns, fields, labels, types


@cache
def cleaning_code() -> str:
    """Return a hash of the modules that decide the clean rows, their splits and their batches.

    An edit of these modules makes a new version of the data, even an edit of a comment.
    """
    modules = (cleaning, cohort, splitting, code_groups, codes, columns, fields, labels, types)
    digest = hashlib.sha256()
    for module in modules:
        source = inspect.getsource(module)
        digest.update(source.encode())

    return digest.hexdigest()
