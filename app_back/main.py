"""The app: ``create_app(settings)``."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app_back.dependencies import Adapters, open_adapters
from app_back.fast_predict.bypass import RouterBypass
from app_back.metrics import Metrics
from app_back.routes import batch, explain, pipeline, predict, predictions
from app_back.routes import health as state
from app_back.routes import model as evidence
from app_back.services import Services
from app_back.web import error_responses as problems
from app_back.web.middleware import RequestMiddleware
from connections.settings import Settings, load_settings


def create_app(settings: Settings | None = None, adapters: Adapters | None = None) -> FastAPI:
    """Return the API; nothing is opened before its lifespan begins."""
    settings = settings or load_settings()
    metrics = Metrics()
    app = FastAPI(
        title="Readmission",
        version="1.0.0",
        summary="The risk of readmission within 30 days.",
        lifespan=_lifespan(settings, adapters, metrics),
    )
    problems.install_error_handlers(app)
    for part in (predict, batch, explain, predictions, state, evidence, pipeline):
        app.include_router(part.router)
    _surround(app, settings, metrics)
    return app


def _lifespan(
    settings: Settings, given: Adapters | None, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services = Services(settings, given or open_adapters(settings), metrics)
        app.state.services = services
        services.start()
        yield
        services.close()

    return lifespan


def _surround(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put our middlewares around Starlette's, the outermost last."""
    stack: ASGIApp = RouterBypass(app.build_middleware_stack(), app.routes)
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if origins:
        stack = CORSMiddleware(
            stack, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )
    app.middleware_stack = RequestMiddleware(stack, metrics, settings.max_body_bytes)
