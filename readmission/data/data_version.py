"""The part of the data's version that changes with the cleaning code."""

import hashlib
import inspect
from functools import cache

from readmission.data import cleaning, cohort, splitting
from readmission.schema import code_groups, codes, columns, fields, types


@cache
def cleaning_code() -> str:
    """Return a hash of the source of every module that clean rows, their splits and batches depend on.

    An edit of these modules makes a new version of the data, even an edit of a comment.
    """
    modules = (cleaning, cohort, splitting, code_groups, codes, columns, fields, types)
    source = "".join(inspect.getsource(module) for module in modules)
    return hashlib.sha256(source.encode()).hexdigest()
