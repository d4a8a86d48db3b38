"""The FastAPI dependency that guards an endpoint by the scope of the caller's API key."""

from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader

from app_back.dependencies import AccessDep
from app_back.security.access_control import API_KEY_HEADER
from connections.api_keys import Scope

_api_key_header = APIKeyHeader(
    name=API_KEY_HEADER,
    auto_error=False,
    description="Required as soon as the API has keys (setting API_KEYS).",
)


_ApiKeyHeader = Annotated[str | None, Security(_api_key_header)]


def require_scope(scope: Scope) -> Any:
    """Return the dependency that admits only callers whose API key has ``scope``."""

    async def check(access: AccessDep, api_key: _ApiKeyHeader) -> None:
        access.check(api_key, scope)

    return Depends(check)


async def _actor(access: AccessDep, api_key: _ApiKeyHeader) -> str | None:
    return access.name_of(api_key)


ActorDep = Annotated[str | None, Depends(_actor)]
"""The name of the caller's API key; None where the API has no keys."""
