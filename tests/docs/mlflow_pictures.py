"""Pictures of MLflow for the docs: the candidates of one training, and the registered model."""

from playwright.sync_api import Browser, Page

from tests.browser.site import PATIENCE_MS, keep_picture

SIZE = {"width": 1440, "height": 900}
MODEL = "mejor_modelo_diabetes"
DRAWING_MS = 3000


def picture_mlflow(browser: Browser, url: str) -> None:
    """Open both pages, which must show what the pipeline logged, and take the pictures."""
    page = browser.new_page(viewport=SIZE, color_scheme="light")
    page.goto(f"{url}/#/experiments/1/runs?compareRunsMode=CHART")
    _see(page, "average", "batch_1", "batch_6")
    page.get_by_text("Model training").first.click()
    page.goto(f"{url}/#/experiments/1/runs?compareRunsMode=CHART")
    close_assistant = page.get_by_role("button", name="Close", exact=True)
    close_assistant.first.click()
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
    page.wait_for_timeout(DRAWING_MS)
