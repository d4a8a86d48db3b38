"""Access to the API: keys, their scopes and the rate limit."""

from fastapi.exceptions import HTTPException

from app_back.security.rate_limit import RateLimiter
from connections.api_keys import ApiKey, KeyRing, Scope, parse_keys
from connections.settings import Settings

API_KEY_HEADER = "X-API-Key"
NAME_LENGTH = 64
"""How much of a key's name is recorded with what was done with it."""
_UNAUTHENTICATED_CLIENT = "anonymous"


class AccessControl:
    """Admits a request or refuses it; without API keys every scope is open to everyone."""

    def __init__(self, keys: KeyRing, rate_limiter: RateLimiter) -> None:
        self.keys = keys
        self._rate_limiter = rate_limiter

    def check(self, presented_key: str | None, scope: Scope) -> None:
        """Return if the request may proceed; raises HTTPException 401, 403 or 429."""
        client = _UNAUTHENTICATED_CLIENT
        if self.keys:
            key = self._find_key(presented_key)
            if scope not in key.scopes:
                raise HTTPException(403, f"This key lacks the scope {scope}.")
            client = key.name
        wait_s = self._rate_limiter.seconds_to_wait(client)
        if wait_s:
            raise HTTPException(
                status_code=429,
                detail=f"Too many requests; retry in {wait_s} s.",
                headers={"Retry-After": str(wait_s)},
            )

    def name_of(self, presented_key: str | None) -> str | None:
        """Return the name of a key, None if it is unknown or the API has no keys."""
        key = self.keys.find(presented_key or "")
        if key is None:
            return None
        return key.name[:NAME_LENGTH]

    def _find_key(self, presented_key: str | None) -> ApiKey:
        key = self.keys.find(presented_key or "")
        if key is not None:
            return key
        raise HTTPException(
            status_code=401,
            detail=f"A valid {API_KEY_HEADER} header is required.",
            headers={"WWW-Authenticate": API_KEY_HEADER},
        )


def read_api_keys(settings: Settings) -> KeyRing:
    """Return the keys of API_KEYS; raises SettingError that names a malformed entry."""
    secret = settings.api_keys
    if secret is None:
        return parse_keys("")
    keys = secret.get_secret_value()
    return parse_keys(keys)
