"""The middleware that sends one route's requests past Starlette's middleware and router."""

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send


class RouterBypass:
    """Sends requests for ``route`` straight to ``endpoint``, and all others to ``app``."""

    def __init__(self, app: ASGIApp, route: APIRoute, endpoint: ASGIApp) -> None:
        self._app = app
        self._route = route
        self._methods = frozenset(route.methods)
        self._path = route.path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; ``scope["route"]`` is set as the router sets it, for the metrics."""
        # Scopes of the lifespan and of WebSockets have no method.
        method = scope.get("method")
        path = scope.get("path")
        if path == self._path and method in self._methods:
            scope["route"] = self._route
            await self._endpoint(scope, receive, send)
        else:
            await self._app(scope, receive, send)
