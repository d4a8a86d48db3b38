"""``python -m app_cli``: the one place where the command line's errors become a line and an exit code."""

import sys
import warnings

from app_cli.commands import app
from readmission.errors import FatalError, ReadmissionError


def main() -> None:
    """Run the command; every error that somebody can act on is one line on stderr."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    try:
        app(prog_name="./run")
    except ReadmissionError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", FatalError.exit_code)


def _fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
