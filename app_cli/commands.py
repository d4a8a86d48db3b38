"""The commands of ./run; heavy imports happen inside each command, so that --help is quick."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from connections.settings import Settings

app = typer.Typer(
    help="The 30-day readmission stack. "
    "Without a command: run the whole pipeline, then serve until Ctrl-C.",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
ProgressFile = Annotated[
    Path | None, typer.Option(hidden=True, help="Write the progress as JSON to this file.")
]
Force = Annotated[bool, typer.Option("--force", help="Do it again, even when nothing has changed.")]


def _print_version(requested: bool) -> None:
    if requested:
        import platform

        from readmission import __version__

        print(f"readmission-stack {__version__} (Python {platform.python_version()})")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Run the whole pipeline, then serve, when no command is named."""
    if context.invoked_subcommand is None:
        from app_cli import pipeline
        from app_cli.local_stack import serve

        settings = _settings()
        serve.require_ports(settings)
        pipeline.run_pipeline(settings)
        raise typer.Exit(serve.run_serve(settings))


@app.command(rich_help_panel="The pipeline")
def pipeline(force: Force = False, progress_file: ProgressFile = None) -> None:
    """Load, clean, train and promote, then exit."""
    from app_cli import pipeline

    pipeline.run_pipeline(_settings(), force=force, progress_file=progress_file)


@app.command(rich_help_panel="The pipeline")
def load(
    force: Force = False,
    merge: Annotated[
        Path | None,
        typer.Option(help="Add this file's new encounters and update the changed ones."),
    ] = None,
    progress_file: ProgressFile = None,
) -> None:
    """Fetch the dataset and load it into raw_data.initial_data."""
    from app_cli import pipeline

    pipeline.run_load(_settings(), force=force, merge=merge, progress_file=progress_file)


@app.command(rich_help_panel="The pipeline")
def clean(force: Force = False, progress_file: ProgressFile = None) -> None:
    """Clean the raw rows and split them by patient into clean_data."""
    from app_cli import pipeline

    pipeline.run_clean(_settings(), force=force, progress_file=progress_file)


@app.command(rich_help_panel="The pipeline")
def train(progress_file: ProgressFile = None) -> None:
    """Train one forest per batch, compare them all, promote the best."""
    from app_cli import pipeline

    pipeline.run_train(_settings(), progress_file=progress_file)


@app.command(rich_help_panel="Serving")
def serve() -> None:
    """Serve the API, the form and MLflow's UI until Ctrl-C."""
    from app_cli.local_stack import serve

    raise typer.Exit(serve.run_serve(_settings()))


@app.command(rich_help_panel="Serving")
def airflow() -> None:
    """Run a whole Airflow on the same data: its UI, scheduler and the four DAGs, until Ctrl-C."""
    from app_cli.local_stack import airflow

    raise typer.Exit(airflow.run_airflow(_settings()))


@app.command(rich_help_panel="Serving")
def stack() -> None:
    """Run everything: Airflow, MLflow on an S3 server, the API and the form, until Ctrl-C."""
    from app_cli.local_stack import stack

    raise typer.Exit(stack.run_stack(_settings()))


@app.command(rich_help_panel="Serving")
def status() -> None:
    """Show what is loaded, prepared and promoted."""
    from app_cli import console_report as report

    report.print_status(_settings())


@app.command(rich_help_panel="The model")
def models() -> None:
    """List the versions: which is champion and since when, threshold, F1, dataset."""
    from app_cli import champion

    champion.print_models(_settings())


@app.command(rich_help_panel="The model")
def promote(
    version: Annotated[int, typer.Argument(help="The version of the registered model.")],
) -> None:
    """Make a version the champion that the API serves."""
    from app_cli import champion

    champion.promote(_settings(), version)


@app.command(rich_help_panel="The model")
def rollback() -> None:
    """Make the previous champion the champion again."""
    from app_cli import champion

    champion.rollback(_settings())


@app.command(rich_help_panel="The model")
def drift() -> None:
    """Compare recent predictions and new loads with the training data; say whether to retrain.

    The exit code is 0 for "nothing to do", 3 for "retrain".
    """
    from app_cli import champion

    raise typer.Exit(champion.report_drift(_settings()))


@app.command(rich_help_panel="The model")
def evaluate(
    seeds: Annotated[int, typer.Option(min=1, help="How many patient-level splits.")] = 5,
) -> None:
    """Train on several splits, compare with LightGBM, print the means (needs ./test's set-up)."""
    from app_cli.research import evaluate as research

    research.run_evaluate(_settings(), seeds)


@app.command(rich_help_panel="The model")
def tune(
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try.")] = 40,
) -> None:
    """Search the forest's settings on validation rows (needs ./test's set-up)."""
    from app_cli.research import evaluate as research

    research.run_tune(_settings(), trials)


@app.command("api-key", rich_help_panel="Serving")
def api_key(
    name: Annotated[str, typer.Argument(help="Who will use the key.")],
    scopes: Annotated[str, typer.Option(help="predict, admin or predict+admin")] = "predict",
) -> None:
    """Generate a key for the API and print its entry for API_KEYS."""
    from connections.api_keys import format_entry, generate_key

    key = generate_key()
    entry = format_entry(name, scopes, key)
    print(f"key (not shown again): {key}")
    print(f"entry for API_KEYS:    {entry}")


@app.command(rich_help_panel="Operating the Compose stack")
def secrets() -> None:
    """Write .env with generated secrets; an existing .env is never overwritten."""
    from app_cli.secrets import write_secrets

    print(f"Wrote {write_secrets()}; it is readable by you alone.")


@app.command(rich_help_panel="Operating the Compose stack")
def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
) -> None:
    """Copy the databases and artifacts of the running stack into a folder, and check the copy."""
    from app_cli import backup

    print(f"Wrote {backup.backup(folder)}.")


@app.command(rich_help_panel="Operating the Compose stack")
def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that ./run backup wrote.")],
) -> None:
    """Replace the running stack's databases and artifacts by those of a backup."""
    from app_cli import backup

    backup.restore(folder)


@app.command(rich_help_panel="Measuring")
def bench(name: Annotated[str, typer.Argument(help="data, train or api")]) -> None:
    """Measure a part and its limit in one run; write docs/benchmarks (needs ./test's set-up)."""
    import subprocess
    import sys

    if name not in ("data", "train", "api"):
        raise typer.BadParameter("data, train or api", param_hint="NAME")
    raise typer.Exit(subprocess.call([sys.executable, "-m", f"benchmarks.{name}"]))


def _settings() -> "Settings":
    """Read the settings, with an import that --help need not wait for."""
    from connections.settings import load_settings

    return load_settings()
