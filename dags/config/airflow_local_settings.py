"""Let Airflow keep its tables on MySQL through PyMySQL: it imports mysqlclient, a C build, whatever the URL says.

Airflow imports this module by its name when it starts.
"""

import sys
from importlib.util import find_spec

__all__: list[str] = []

if find_spec("MySQLdb") is None:
    import pymysql.converters

    pymysql.converters.DateTime2literal = pymysql.converters.escape_datetime  # type: ignore[attr-defined]
    sys.modules.update({"MySQLdb": pymysql, "MySQLdb.converters": pymysql.converters})
