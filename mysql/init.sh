# Make the databases and one user per service, each with its own work and nothing else. Safe to run again.
set -eu

user() { # NAME PASSWORD
    case "$2" in *[!A-Za-z0-9_-]*) echo "The password of $1 may hold letters, digits, - and _ only." >&2; exit 1 ;; esac
    echo "CREATE USER IF NOT EXISTS '$1'@'%'; ALTER USER '$1'@'%' IDENTIFIED BY '$2';"
}

pipeline="SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, LOCK TABLES"
{
    for database in raw_data clean_data mlflow airflow; do
        echo "CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4;"
    done
    user pipeline "$PIPELINE_PASSWORD"
    user api "$API_PASSWORD"
    user mlflow "$MLFLOW_PASSWORD"
    user airflow "$AIRFLOW_PASSWORD"
    for database in raw_data clean_data; do
        echo "GRANT $pipeline ON $database.* TO pipeline, api;"
    done
    echo "GRANT ALL ON mlflow.* TO mlflow; GRANT ALL ON airflow.* TO airflow;"
} | mysql -h mysql -uroot
