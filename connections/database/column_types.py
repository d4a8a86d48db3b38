"""Column types of our own, and the type that holds the values of a domain."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Integer, SmallInteger, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from readmission.schema import Domain

_FREE_TEXT_LENGTH = 64
_LARGEST_SMALLINT = 2**15 - 1


class UtcDateTime(TypeDecorator[datetime]):
    """A time to the microsecond, stored in UTC without its zone and returned with it."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(tzinfo=None)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


def type_of(domain: Domain) -> TypeEngine[int] | TypeEngine[str]:
    """Return the narrowest column type that holds all values of a domain."""
    if domain.kind == "integer":
        if domain.maximum > _LARGEST_SMALLINT:
            return Integer()
        return SmallInteger()
    if not domain.categories:
        return String(_FREE_TEXT_LENGTH)
    longest = max(len(category) for category in domain.categories)
    return String(longest)
