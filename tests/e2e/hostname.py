"""What a worker of these tests calls its machine; Airflow asks for it by the setting hostname_callable."""

import os
import socket


def of_this_machine() -> str:
    return os.environ.get("WORKER_NAME", socket.gethostname())
