"""``python -m app_cli.airflow_heartbeat JOB_TYPE``: exit code 0 while this host's Airflow job of that type is alive.

Airflow's own ``airflow jobs check`` does the same at the price of importing all of Airflow every few seconds.
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
    """Ask Airflow's metadata database for a fresh heartbeat."""
    server = urlsplit(metadata_url)
    with (
        pymysql.connect(
            host=server.hostname,
            port=server.port or 3306,
            user=server.username,
            connect_timeout=5,
            password=unquote(server.password or ""),
            database=server.path.strip("/"),
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(_QUERY, (job_type, hostname, ALIVE_WITHIN_S))
        return cursor.fetchone() != (0,)


if __name__ == "__main__":
    sys.exit(
        0
        if is_alive(
            os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], sys.argv[1], socket.gethostname()
        )
        else 1
    )
