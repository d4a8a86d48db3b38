"""How many cores this process may use."""

import os


def usable_cores() -> int:
    """Return the number of cores that this process may use, on any system.

    ``os.process_cpu_count`` needs Python 3.13, ``os.sched_getaffinity`` Linux; every system counts
    its cores.
    """
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
