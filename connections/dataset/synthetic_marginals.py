"""The committed aggregates behind the synthetic sample; run as a command, it measures them again.

It holds aggregates of "Diabetes 130-US Hospitals for Years 1999-2008" (Strack et al. 2014,
CC BY 4.0) and none of its rows.
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
    """Write the table with one line for each list of counts, so that diffs stay readable."""
    adapter = TypeAdapter(Marginals)
    content = adapter.dump_json(marginals, ensure_ascii=True)
    text = content.decode()
    text = text.replace("],", "],\n")
    text = text.replace("},", "},\n")
    path.write_text(f"{text}\n", "ascii")


def rebuild(dataset: Path) -> None:
    """Measure the real dataset and write the table."""
    from readmission.synthetic.measure import measure

    real = pd.read_csv(
        dataset,
        dtype=str,
        keep_default_na=False,
    )
    write_marginals(measure(real))


if __name__ == "__main__":
    rebuild(Path(sys.argv[1]))
