"""The API's documentation in a browser."""

import re

from tests.unit.app_back.conftest import ApiHarness


def test_documentation_needs_no_internet(api: ApiHarness) -> None:
    page = api.client.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/"), address
        assert api.client.get(address).status_code == 200, address


def test_root_leads_to_the_documentation(api: ApiHarness) -> None:
    answer = api.client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_wrong_method_on_a_file_is_refused_as_json(api: ApiHarness) -> None:
    answer = api.client.post("/static-offline-docs/swagger-ui.css")
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
