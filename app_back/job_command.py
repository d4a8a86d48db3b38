"""``python -m app_back.job_command COMMAND``: a command of ./run that ends with its job's runner.

The runner holds the other end of standard input. The operating system closes it with the runner's
process, even if that is killed, so that no command goes on without the job that it belongs to.
"""

import os
import runpy
import sys
import threading

_EXIT_CODE = 75


def end_with_input() -> None:
    """End this process when the other end of its standard input closes."""
    watcher = threading.Thread(target=_wait_for_end_of_input, daemon=True)
    watcher.start()


def _wait_for_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(_EXIT_CODE)


if __name__ == "__main__":
    end_with_input()
    runpy.run_module("app_cli", run_name="__main__", alter_sys=True)
