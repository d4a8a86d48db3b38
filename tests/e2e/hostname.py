"""The host name of these tests' workers, for Airflow's setting hostname_callable."""

import os
import socket


def of_this_machine() -> str:
    return os.environ.get("WORKER_NAME", socket.gethostname())
