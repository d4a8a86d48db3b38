"""Column types of our own, and which type holds a domain."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Integer, SmallInteger, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

from readmission.schema import Domain

_FREE_TEXT_LENGTH = 64
_SMALL = 2**15 - 1


class Moment(TypeDecorator[datetime]):
    """A time to the microsecond: kept in UTC without its zone, given back with it."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Drop the zone after moving to UTC."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Put the zone back."""
        return value and value.replace(tzinfo=UTC)


def type_of(domain: Domain) -> TypeEngine[int] | TypeEngine[str]:
    """Return the narrowest column type that holds a domain."""
    if domain.kind == "integer":
        return Integer() if domain.maximum > _SMALL else SmallInteger()
    return String(max(map(len, domain.categories), default=_FREE_TEXT_LENGTH))
