"""The committed table that the synthetic sample is drawn from; as a command, it is measured anew.

It holds aggregates of "Diabetes 130-US Hospitals for Years 1999-2008" (Strack et al. 2014, CC BY 4.0), no row of it.
``python -m connections.dataset.synthetic_marginals Diabetes.csv`` (or .xz, .gz) rewrites the table.
"""

import sys
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from readmission.synthetic.sampler import Marginals

PATH = Path(__file__).with_suffix(".json")


def read_marginals(path: Path = PATH) -> Marginals:
    """Read the table."""
    return TypeAdapter(Marginals).validate_json(path.read_bytes())


def write_marginals(marginals: Marginals, path: Path = PATH) -> None:
    """Write the table, a line for each row of counts."""
    text = TypeAdapter(Marginals).dump_json(marginals, ensure_ascii=True).decode()
    path.write_text(text.replace("],", "],\n").replace("},", "},\n") + "\n", "ascii")


def rebuild(dataset: Path) -> None:
    """Measure the table on the real dataset."""
    from readmission.synthetic.measure import measure

    write_marginals(measure(pd.read_csv(dataset, dtype=str, keep_default_na=False)))


if __name__ == "__main__":
    rebuild(Path(sys.argv[1]))
