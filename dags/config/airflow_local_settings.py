"""Start-up of Airflow's processes; Airflow imports this module by its name.

- Airflow's tables on MySQL go through PyMySQL. Airflow imports mysqlclient, a C build, even if the
  URL names another driver, so PyMySQL stands in for it.
- The processes that fork the tasks import in advance what each task would import, which takes
  seven seconds of CPU.
"""

import sys
from importlib import import_module
from importlib.util import find_spec

__all__: list[str] = []

if find_spec("MySQLdb") is None:
    import pymysql
    from pymysql import converters

    converters.DateTime2literal = converters.escape_datetime  # type: ignore[attr-defined]
    sys.modules.update({"MySQLdb": pymysql, "MySQLdb.converters": converters})

if {"scheduler", "worker"} & set(sys.argv[1:]):
    import_module("dags.preload")
