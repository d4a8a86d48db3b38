"""The project's errors, in three branches by what the caller can do: fix, retry, or give up."""

from typing import ClassVar


class ReadmissionError(Exception):
    """Base of all errors of this project; ``exit_code`` is that of a command that fails with it."""

    exit_code: ClassVar[int] = 70


class InputError(ReadmissionError):
    """The input or a setting is wrong: fix it, then try again."""

    exit_code = 2


class DatasetError(InputError):
    """The dataset's file does not follow the schema; the tables are unchanged."""


class TooManyRejectedRowsError(DatasetError):
    """More rows break the contract than ``MAX_REJECTED_FRACTION`` allows."""


class SettingError(InputError):
    """A setting is missing or has an invalid value."""


class UnknownVersionError(InputError):
    """The registry or a table has no such version."""


class NotReadyError(InputError):
    """An earlier stage has to run first."""


class AlreadyRunningError(InputError):
    """The same stage is already running: wait until it ends."""


class StageRefusedError(InputError):
    """A stage of the pipeline refused its input; the message is the stage's own reason."""


class TemporaryError(ReadmissionError):
    """Nothing is wrong with the input: retry later."""

    exit_code = 75


class UnreachableError(TemporaryError):
    """A database, a server or an address does not answer."""


class StorageFullError(TemporaryError):
    """The disk has no room left."""


class BusyError(TemporaryError):
    """Another process is doing the same work now."""


class OverloadedError(TemporaryError):
    """More work is waiting than the limits allow."""


class NoChampionError(TemporaryError):
    """No model has been promoted yet."""


class FatalError(ReadmissionError):
    """The code cannot recover from this state: give up, and alert a person."""


class StageFailedError(FatalError):
    """A stage of the pipeline failed; the message is the stage's own reason."""


class BrokenModelError(FatalError):
    """A model's files cannot be read or do not predict."""
