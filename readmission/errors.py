"""Every error the project raises on purpose, one branch for each thing a caller can do about it."""

from typing import ClassVar


class ReadmissionError(Exception):
    """Base of all errors of this project; a command that ends with one tells its caller by the exit code."""

    exit_code: ClassVar[int] = 70


class InputError(ReadmissionError):
    """The input or a setting is wrong: mend it, then call again."""

    exit_code = 2


class DatasetError(InputError):
    """The dataset file is not what the schema asks for; the tables hold what they held before."""


class TooManyRejectedRowsError(DatasetError):
    """More rows break the contract than ``MAX_REJECTED_FRACTION`` allows."""


class SettingError(InputError):
    """A setting is missing or has a value that cannot work."""


class UnknownVersionError(InputError):
    """The registry or a table has no such version."""


class NotReadyError(InputError):
    """An earlier stage has to run first."""


class AlreadyRunningError(InputError):
    """The same stage is running; wait for its end."""


class StageRefusedError(InputError):
    """A stage of the pipeline could not work with what it found; the message is its own reason."""


class TemporaryError(ReadmissionError):
    """Nothing is wrong with the input: retry later."""

    exit_code = 75


class UnreachableError(TemporaryError):
    """A database, a server or an address does not answer."""


class StorageFullError(TemporaryError):
    """The disk has no room left."""


class BusyError(TemporaryError):
    """Somebody else is doing the same work now."""


class OverloadedError(TemporaryError):
    """More work is waiting than the limits allow."""


class NoChampionError(TemporaryError):
    """No model has been promoted yet."""


class FatalError(ReadmissionError):
    """The state is not one this code can mend: give up and tell a person."""


class StageFailedError(FatalError):
    """A stage of the pipeline ran and did not succeed; the message is its own reason."""


class BrokenModelError(FatalError):
    """A model's files cannot be read or do not predict."""
