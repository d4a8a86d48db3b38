"""``python -m app_cli.airflow_heartbeat JOB_TYPE``: a health check of Airflow's processes.

The exit code is 0 while this host's Airflow job of that type is alive. ``airflow jobs check`` does
the same, but imports all of Airflow every few seconds.
"""

import os
import socket
import sys
from urllib.parse import unquote, urlsplit

import pymysql

ALIVE_WITHIN_S = 60
_QUERY = """
SELECT COUNT(*) FROM job WHERE job_type = %s AND hostname = %s AND state = 'running'
AND latest_heartbeat > UTC_TIMESTAMP() - INTERVAL %s SECOND
"""


def is_alive(metadata_url: str, job_type: str, hostname: str) -> bool:
    """Return whether Airflow's metadata database has a recent heartbeat of the job."""
    server = urlsplit(metadata_url)
    connection = pymysql.connect(
        host=server.hostname,
        port=server.port or 3306,
        user=server.username,
        password=unquote(server.password or ""),
        database=server.path.strip("/"),
        connect_timeout=5,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(_QUERY, (job_type, hostname, ALIVE_WITHIN_S))
        return cursor.fetchone() != (0,)


def main() -> int:
    """Check the job type on the command line; return the exit code."""
    alive = is_alive(
        metadata_url=os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"],
        job_type=sys.argv[1],
        hostname=socket.gethostname(),
    )
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main())
