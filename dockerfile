# One image per service from one chain of shared layers: runtime -> mlflow -> api -> airflow, and runtime -> front.
# Dependencies come before code, so that a change of code rebuilds no dependency. Nothing here reads a secret.
ARG PYTHON_IMAGE=python:3.13.11-slim-trixie

FROM ${PYTHON_IMAGE} AS uv
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.9

FROM ${PYTHON_IMAGE} AS runtime
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 \
    PYTHONUNBUFFERED=1 PYTHONPATH=/app HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --home-dir /tmp --no-create-home app \
    && install -d -o app -g app /app/var /app/models /app/data/Diabetes /opt/airflow/logs
WORKDIR /app
RUN --mount=from=uv,source=/usr/local/bin/uv,target=/bin/uv uv venv --no-project /opt/venv
# python, as no curl is in the image; a service says where it is well in HEALTH_URL
HEALTHCHECK --interval=10s --timeout=8s --start-period=120s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(os.environ['HEALTH_URL'], timeout=5)"]

# ---- dependencies: each stage adds its group of pyproject.toml at the versions and hashes of the lock
FROM runtime AS mlflow-dependencies
COPY pyproject.toml requirements.txt ./
RUN --mount=from=uv,source=/usr/local/bin/uv,target=/bin/uv --mount=type=cache,target=/tmp/.cache/uv \
    uv pip install --group mlflow --constraints requirements.txt

FROM mlflow-dependencies AS api-dependencies
RUN --mount=from=uv,source=/usr/local/bin/uv,target=/bin/uv --mount=type=cache,target=/tmp/.cache/uv \
    uv pip install --group api --constraints requirements.txt

FROM api-dependencies AS airflow-dependencies
RUN --mount=from=uv,source=/usr/local/bin/uv,target=/bin/uv --mount=type=cache,target=/tmp/.cache/uv \
    uv pip install --group airflow --constraints requirements.txt

FROM runtime AS front-dependencies
COPY pyproject.toml requirements.txt ./
RUN --mount=from=uv,source=/usr/local/bin/uv,target=/bin/uv --mount=type=cache,target=/tmp/.cache/uv \
    uv pip install --group front --constraints requirements.txt

# ---- services
FROM mlflow-dependencies AS mlflow
COPY mlflow/bucket.py mlflow/
USER app
EXPOSE 8084
ENV HEALTH_URL=http://127.0.0.1:8084/health
CMD ["mlflow", "server", "--host", "0.0.0.0", "--port", "8084", "--workers", "1"]

FROM api-dependencies AS api
COPY readmission readmission
COPY connections connections
COPY app_cli app_cli
COPY app_back app_back
USER app
EXPOSE 8000
ENV HEALTH_URL=http://127.0.0.1:8000/health/live
CMD ["python", "-m", "app_back"]

FROM airflow-dependencies AS airflow
ENV AIRFLOW_HOME=/opt/airflow AIRFLOW__CORE__DAGS_FOLDER=/app/dags AIRFLOW__CORE__LOAD_EXAMPLES=False
COPY readmission readmission
COPY connections connections
COPY app_cli app_cli
COPY dags dags
USER app
EXPOSE 8080
ENV HEALTH_URL=http://127.0.0.1:8080/api/v2/monitor/health
CMD ["airflow", "api-server", "--port", "8080", "--workers", "1"]

FROM front-dependencies AS front
COPY readmission/__init__.py readmission/errors.py readmission/
COPY readmission/schema readmission/schema
COPY app_front app_front
USER app
EXPOSE 8501
ENV HEALTH_URL=http://127.0.0.1:8501/_stcore/health
CMD ["streamlit", "run", "app_front/app.py", "--server.address", "0.0.0.0", "--server.port", "8501", \
     "--server.headless", "true", "--browser.gatherUsageStats", "false"]
