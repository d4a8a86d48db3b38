"""The FastAPI app: ``create_app(settings)``, or ``uvicorn app_back.main:app``.

Its documentation, ``/docs``, needs no internet: fastapi-offline brings the scripts of Swagger.

``python -m app_back`` serves it with the settings' host, port and workers, and refuses to listen
beyond this machine without API keys; a uvicorn started by hand does not.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import Thread

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from app_back.dependencies import Adapters, attach_parts, open_adapters
from app_back.fast_predict.install import install as install_fast_path
from app_back.metrics import Metrics
from app_back.routes import (
    batch,
    explain,
    health,
    model,
    monitoring,
    pipeline,
    predict,
    predictions,
)
from app_back.web.error_responses import install_error_handlers
from app_back.web.middleware import RequestMiddleware
from connections.settings import Settings, load_settings
from readmission.schema.diagnoses import load_tables


def create_app(settings: Settings | None = None, adapters: Adapters | None = None) -> FastAPI:
    """Return the API; nothing is opened before its lifespan begins."""
    settings = settings or load_settings()
    metrics = Metrics()
    app = FastAPIOffline(
        title="Readmission",
        version="1.0.0",
        summary="The risk of readmission within 30 days.",
        lifespan=_lifespan(settings, adapters, metrics),
    )
    install_error_handlers(app)
    for resource in (predict, batch, explain, predictions, health, model, monitoring, pipeline):
        app.include_router(resource.router)
    app.add_api_route("/", _redirect_to_docs, include_in_schema=False)
    _add_middleware(app, settings, metrics)
    return app


def _redirect_to_docs(request: Request) -> RedirectResponse:
    """Lead a person who opens the API's address to its documentation."""
    root_path = request.scope.get("root_path", "")
    return RedirectResponse(f"{root_path}/docs")


def __getattr__(name: str) -> FastAPI:
    """Create ``app`` when it is first accessed: importing this module reads no settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    created = create_app()
    globals()["app"] = created
    return created


def _lifespan(
    settings: Settings, given_adapters: Adapters | None, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what opens the adapters when the app starts, and closes them when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        adapters = given_adapters or open_adapters(settings)
        attach_parts(app, settings, adapters, metrics)
        app.state.predictor.start()
        Thread(target=load_tables, name="diagnosis tables", daemon=True).start()
        yield
        app.state.predictor.close()
        adapters.close()

    return lifespan


def _add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put the middleware around Starlette's own, so that it also sees unexpected errors."""
    app.middleware_stack = app.build_middleware_stack()
    if settings.predict_fast_path:
        install_fast_path(app)
    stripped = [origin.strip() for origin in settings.cors_origins.split(",")]
    origins = [origin for origin in stripped if origin]
    if origins:
        app.middleware_stack = CORSMiddleware(
            app.middleware_stack,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
    app.middleware_stack = RequestMiddleware(
        app.middleware_stack,
        metrics=metrics,
        max_body_bytes=settings.max_body_bytes,
    )
