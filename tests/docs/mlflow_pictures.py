"""Pictures of MLflow for the documentation: the candidates of a training side by side, and the registered model."""

from playwright.sync_api import Browser, Page

from tests.browser.site import PATIENCE_MS, keep_picture

SIZE = {"width": 1440, "height": 900}
MODEL = "mejor_modelo_diabetes"
DRAWN_MS = 3000


def picture_mlflow(browser: Browser, url: str) -> None:
    """Look at both pages; both have to show what the pipeline logged."""
    page = browser.new_page(viewport=SIZE, color_scheme="light")
    page.goto(f"{url}/#/experiments/1/runs?compareRunsMode=CHART")
    _see(page, "average", "batch_1", "batch_6")
    page.get_by_text("Model training").first.click()
    page.goto(f"{url}/#/experiments/1/runs?compareRunsMode=CHART")
    page.get_by_role(
        "button", name="Close", exact=True
    ).first.click()  # the assistant takes a quarter of the page
    page.get_by_placeholder("Search metric charts").fill("val_")
    _see(page, "val_f1", "val_auc")
    keep_picture(page, "mlflow-runs")
    page.goto(f"{url}/#/models/{MODEL}")
    _see(page, MODEL, "@ champion", "Version 1")
    keep_picture(page, "mlflow-model")
    page.close()


def _see(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_text(text).first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(DRAWN_MS)
