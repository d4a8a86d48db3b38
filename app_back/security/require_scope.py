"""Who may do what."""

from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.exceptions import HTTPException
from fastapi.security import APIKeyHeader

from app_back.services import services_of
from connections.api_keys import ApiKey, Scope

HEADER = "X-API-Key"
_REFUSAL = f"A valid {HEADER} header is needed."
_header = APIKeyHeader(
    name=HEADER, auto_error=False, description="Needed as soon as the API has keys (API_KEYS)."
)


def check_access(request: Request, scope: Scope) -> None:
    """Let a request pass, or refuse it with 401, 403 or 429."""
    services = services_of(request)
    key = services.keys.find(request.headers.get(HEADER, "")) if services.keys else None
    if services.keys:
        _check_scope(key, scope)
    wait_s = services.rate_limit.wait_s(key.name if key else "anybody")
    if wait_s:
        raise HTTPException(429, "Too many requests; wait.", {"Retry-After": str(wait_s)})


def _check_scope(key: ApiKey | None, scope: Scope) -> None:
    if key is None:
        raise HTTPException(401, _REFUSAL, {"WWW-Authenticate": HEADER})
    if scope not in key.scopes:
        raise HTTPException(403, f"This key lacks the scope {scope}.")


def require_scope(scope: Scope) -> Any:
    """Return the dependency that guards an endpoint."""

    async def check(request: Request, _key: Annotated[str | None, Security(_header)]) -> None:
        check_access(request, scope)

    return Depends(check)
