"""The form's client of the API, in environments that are not its own."""

import pytest

from app_front.api import Api
from readmission.errors import UnreachableError
from tests.fakes.api import FakeApi, application
from tests.fakes.http_server import served


@pytest.fixture(autouse=True)
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_api_on_this_machine_is_called_without_the_proxy(host: str) -> None:
    with served(application(FakeApi())) as url:
        api = Api(url.replace("127.0.0.1", host))
        assert api.predict({"age": 70})["prediction_id"]
        assert api._has_model()


def test_an_api_elsewhere_is_called_through_the_proxy() -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        Api("http://api.example").fetch_model()
