"""The content type that a request declares, and the 415 for one that an endpoint does not read."""

from email.message import Message

from fastapi import Request
from fastapi.exceptions import HTTPException

JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def media_type_of(request: Request) -> str:
    """Return the declared content type without its parameters."""
    content_type: str = request.headers.get("content-type", "")
    media_type, _, _parameters = content_type.partition(";")
    return media_type.strip().lower()


def charset_of(request: Request) -> str | None:
    """Return the charset that the content type declares, if it does."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    return header.get_content_charset()


def require_json(request: Request) -> None:
    """Refuse any other content type than JSON; raises HTTPException 415."""
    if media_type_of(request) != JSON:
        raise unsupported_media_type(JSON)


def unsupported_media_type(*supported: str) -> HTTPException:
    """Return the 415 that names the supported content types."""
    choices = " or ".join(supported)
    accepted = ", ".join(supported)
    return HTTPException(
        status_code=415,
        detail=f"Set the header Content-Type to {choices}.",
        headers={"Accept": accepted},
    )
