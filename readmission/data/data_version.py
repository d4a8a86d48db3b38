"""The version of the data: a change of a cleaning rule makes another one."""

import hashlib
import inspect
from functools import cache

from readmission.data import cleaning, cohort, splitting
from readmission.schema import codes, columns, fields, types


@cache
def cleaning_code() -> str:
    """Return a hash of the source of everything that decides what a clean row holds."""
    modules = (cleaning, cohort, splitting, codes, columns, fields, types)
    return hashlib.sha256("".join(map(inspect.getsource, modules)).encode()).hexdigest()
