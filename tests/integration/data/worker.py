"""What a process does that a test kills."""

from itertools import cycle
from pathlib import Path

from connections.clean_data import SqlCleanData
from connections.database import open_engine
from connections.raw_data import SqlRawData
from readmission.ports import silent
from readmission.use_cases.preprocess import preprocess
from tests.fakes.databases import settings_for
from tests.fakes.rows import as_dataset


def load_and_clean_for_ever(url: str, paths: list[Path]) -> None:
    """Load and clean one file after the other."""
    engine = open_engine(settings_for(url))
    for path in cycle(paths):
        raw_data = SqlRawData(engine)
        raw_data.replace_initial_data(as_dataset(path), force=True, progress=silent)
        preprocess(raw_data, SqlCleanData(engine), force=True)
