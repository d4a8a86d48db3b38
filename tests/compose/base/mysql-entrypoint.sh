#!/bin/bash
# What the stack uses of the official image's entrypoint: a first start makes the data folder, the root password
# (root@localhost and root@MYSQL_ROOT_HOST) and runs /docker-entrypoint-initdb.d; any start then runs the server.
set -euo pipefail
data=/var/lib/mysql
[[ "${1:-}" == -* ]] && set -- mysqld "$@"

if [[ "$1" == mysqld && ! -d "$data/mysql" ]]; then
    : "${MYSQL_ROOT_PASSWORD:?is not set}"
    "$@" --initialize-insecure --datadir="$data"
    "$@" --datadir="$data" --skip-networking --socket=/var/run/mysqld/init.sock &
    server=$!
    until mysqladmin --socket=/var/run/mysqld/init.sock -uroot ping >/dev/null 2>&1; do kill -0 "$server"; sleep 0.2; done
    mysql --socket=/var/run/mysqld/init.sock -uroot <<SQL
CREATE USER IF NOT EXISTS root@'${MYSQL_ROOT_HOST:-%}' IDENTIFIED BY '${MYSQL_ROOT_PASSWORD}';
GRANT ALL ON *.* TO root@'${MYSQL_ROOT_HOST:-%}' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY '${MYSQL_ROOT_PASSWORD}';
SQL
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [[ -f "$script" ]] && mysql --socket=/var/run/mysqld/init.sock -uroot -p"$MYSQL_ROOT_PASSWORD" <"$script"
    done
    kill "$server"
    wait "$server"
fi
exec "$@"
