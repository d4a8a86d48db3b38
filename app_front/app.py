"""The form, started by ``streamlit run app_front/app.py``."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)


def main() -> None:
    """Draw the page that the browser asks for."""
    from app_front import shell

    shell.show()


if __name__ == "__main__":
    # Streamlit puts this file's folder on the path, not the repository's root.
    if ROOT not in sys.path:
        sys.path.insert(0, ROOT)
    main()
