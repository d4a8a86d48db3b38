"""Pictures of Airflow's UI for the documentation, taken when UPDATE_SCREENSHOTS=1 is set."""

import os
from pathlib import Path

from playwright.sync_api import Page

from connections.settings import ROOT
from tests.servers.chromium import running_chromium

SIZE = {"width": 1440, "height": 860}
FOLDER = ROOT / "docs" / "images"


def photograph(url: str, password: str, run_id: str) -> None:
    """Keep the list of DAGs, and the grid and the graph of a finished ``train_model``."""
    if os.environ.get("UPDATE_SCREENSHOTS") != "1":
        return
    with running_chromium() as browser:
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        sign_in(page, url, password)
        _keep(page, f"{url}/dags", "cargar_datos", FOLDER / "airflow-dags.png")
        _keep(
            page,
            f"{url}/dags/train_model/runs/{run_id}",
            "select_and_promote",
            FOLDER / "airflow-grid.png",
        )
        page.get_by_label("Show Graph").click()
        _settle(page)
        page.screenshot(path=FOLDER / "airflow-graph.png")


def sign_in(page: Page, url: str, password: str) -> None:
    page.goto(url)
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{url}/")


def _keep(page: Page, url: str, text: str, path: Path) -> None:
    page.goto(url)
    page.get_by_text(text).first.wait_for()
    _settle(page)
    page.screenshot(path=path)


def _settle(page: Page) -> None:
    page.wait_for_timeout(3000)
