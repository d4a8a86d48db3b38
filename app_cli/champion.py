"""``./run promote`` and ``./run rollback``."""

from app_cli.report import print_promotion
from connections import bootstrap
from connections.settings import Settings


def promote(settings: Settings, version: int) -> None:
    """Make a version the champion."""
    print_promotion(bootstrap.training(settings).promote(version))


def rollback(settings: Settings) -> None:
    """Make the previous champion the champion again."""
    print_promotion(bootstrap.training(settings).rollback())
