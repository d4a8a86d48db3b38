"""``python -m app_back``: serve the API with uvicorn."""

import os
import shutil
import sys

import uvicorn

from app_back.fast_predict.single_write_protocol import SingleWriteProtocol
from app_back.logs import log_config
from connections.exposure import check_exposure
from connections.settings import Settings, load_settings
from readmission.errors import ReadmissionError


def main() -> None:
    """Serve until stopped; an invalid setting is one clear line and exit code 1."""
    try:
        settings = load_settings()
        check_exposure(settings)
    except ReadmissionError as error:
        sys.exit(f"error: {error}")
    _share_metrics_between_workers(settings)
    uvicorn.run(
        "app_back.main:app",
        host=settings.api_host,
        port=settings.api_port,
        workers=settings.api_workers,
        log_config=log_config(settings.log_level),
        access_log=False,
        loop="uvloop",
        http=SingleWriteProtocol if settings.predict_fast_path else "httptools",
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=10,
    )


def _share_metrics_between_workers(settings: Settings) -> None:
    """Let several workers add up their metrics in files.

    prometheus_client reads the variable when it is imported, which is in the workers.
    """
    if settings.api_workers == 1:
        return
    folder = settings.state_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


if __name__ == "__main__":
    main()
