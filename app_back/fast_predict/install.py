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
    ordinary_route = _find_route(app, _PATH)
    app.middleware_stack = RouterBypass(
        app=ordinary_app,
        route=ordinary_route,
        endpoint=direct_predict,
    )


def _find_route(app: FastAPI, path: str) -> APIRoute:
    api_routes = [route for route in app.routes if isinstance(route, APIRoute)]
    for route in api_routes:
        if route.path == path:
            return route
    raise LookupError(f"The app has no route {path}.")
