"""The switch of the fast path."""

from fastapi import FastAPI
from fastapi.routing import APIRoute

from app_back.fast_predict.bypass import RouterBypass
from app_back.fast_predict.direct_route import direct_predict

_PATH = "/predict"


def install(app: FastAPI) -> None:
    """Take ``POST /predict`` over from the ordinary route, which stays as its documentation.

    Call it once all routes are included, before any further middleware is put around the app.
    """
    ordinary_app = app.middleware_stack or app.build_middleware_stack()
    app.middleware_stack = RouterBypass(ordinary_app, _ordinary_route(app), direct_predict)


def _ordinary_route(app: FastAPI) -> APIRoute:
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path == _PATH:
            return route
    raise LookupError(f"The app has no route {_PATH}.")
