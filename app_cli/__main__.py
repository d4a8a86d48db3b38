"""``python -m app_cli``: run a command; its errors become one line on stderr and an exit code."""

import sys

INTERRUPTED_EXIT_CODE = 130


def main() -> None:
    """Run the command; every error that a user can act on is one line on stderr.

    Imports are in here, so that Ctrl-C during them is no traceback either.
    """
    try:
        _run()
    except KeyboardInterrupt:
        _say_that_it_stopped()
        sys.exit(INTERRUPTED_EXIT_CODE)
    except SystemExit as end:
        if end.code == INTERRUPTED_EXIT_CODE:  # Typer has handled the interrupt
            _say_that_it_stopped()
        raise


def _run() -> None:
    import warnings

    from app_cli.commands import app
    from readmission.errors import FatalError, ReadmissionError

    warnings.filterwarnings("ignore", category=FutureWarning)
    try:
        app(prog_name="./run")
    except ReadmissionError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        subject = error.filename or "the system"
        reason = error.strerror or error
        _fail(f"{subject}: {reason}", FatalError.exit_code)


def _say_that_it_stopped() -> None:
    print(
        "Stopped. Finished stages are kept, and nothing is half-written; "
        "run the same command again.",
        file=sys.stderr,
    )


def _fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
