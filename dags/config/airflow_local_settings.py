"""What Airflow's processes do when they start; Airflow imports this module by its name.

Its tables on MySQL go through PyMySQL: it imports mysqlclient, a C build, whatever the URL says. The processes that
fork the tasks import beforehand what these would import, seven seconds of CPU each.
"""

import sys
from importlib import import_module
from importlib.util import find_spec

__all__: list[str] = []

if find_spec("MySQLdb") is None:
    import pymysql.converters

    pymysql.converters.DateTime2literal = pymysql.converters.escape_datetime  # type: ignore[attr-defined]
    sys.modules.update({"MySQLdb": pymysql, "MySQLdb.converters": pymysql.converters})

if {"scheduler", "worker"} & set(sys.argv[1:]):
    import_module("dags.preload")
