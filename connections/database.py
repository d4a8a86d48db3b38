"""The database server behind ``DATABASE_URL``, with the schemas ``raw_data`` and ``clean_data`` on it."""

from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from connections import mysql, sqlite
from connections.database_errors import in_our_words
from connections.settings import Settings
from connections.tables import METADATA
from readmission.errors import SettingError

_ALREADY_EXISTS = "already exists"


def open_engine(settings: Settings) -> Engine:
    """Return an engine; it connects when first used and raises this project's errors."""
    try:
        url = make_url(settings.database_url.get_secret_value())
    except ArgumentError as error:
        raise SettingError(f"DATABASE_URL must be {_EXAMPLES}.") from error
    if url.drivername not in _OPENERS:
        raise SettingError(f"DATABASE_URL must be {_EXAMPLES}, not {url.drivername}://...")
    engine = _OPENERS[url.drivername](url)
    engine.hide_parameters = True  # they are patients, and errors end in logs
    event.listen(engine, "handle_error", in_our_words)
    return engine


def create_tables(engine: Engine) -> None:
    """Create the schemas and tables that are missing."""
    if engine.dialect.name == "mysql":
        mysql.create_schemas(engine)
    try:
        METADATA.create_all(engine)
    except OperationalError as error:
        if _ALREADY_EXISTS not in str(error):
            raise
        METADATA.create_all(engine)  # another process created one at the same moment


_EXAMPLES = "sqlite:///FOLDER/ or mysql+pymysql://user:password@host:port"
_OPENERS = {"sqlite": sqlite.open_folder, "mysql+pymysql": mysql.open_server}
