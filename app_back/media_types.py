"""Content types."""

from fastapi import Request
from fastapi.exceptions import HTTPException


def media_type_of(request: Request) -> str:
    """Return the body's declared type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def unsupported(*wanted: str) -> HTTPException:
    """Return the refusal of any other type."""
    return HTTPException(415, f"Send {' or '.join(wanted)}.", {"Accept": ", ".join(wanted)})
