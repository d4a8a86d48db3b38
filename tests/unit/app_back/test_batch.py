"""``POST /predict/batch``."""

import pytest

from tests.unit.app_back.conftest import ApiHarness

CSV = {"content-type": "text/csv; charset=utf-8"}


def test_valid_rows_are_predicted_and_invalid_ones_named(api: ApiHarness) -> None:
    patients = [{"age": 0}, {"age": 500}, {"age": 100}, 7]
    answer = api.client.post("/predict/batch", json={"patients": patients}).json()
    assert (answer["rows"], answer["answered"], answer["rejected"]) == (4, 2, 2)
    assert [(row["row"], row["prediction"]) for row in answer["predictions"]] == [(1, 0), (3, 1)]
    assert [(row["row"], row["detail"][0]["field"]) for row in answer["errors"]] == [
        (2, "age"),
        (4, "body"),
    ]
    assert set(api.log.rows) == {row["prediction_id"] for row in answer["predictions"]}


@pytest.mark.parametrize(
    "text", ["age,gender\n70,Male\n,Female\n", "\ufeffage;gender\r\n70;Male\r\n;Female\r\n"]
)
def test_a_csv_is_read_and_empty_cells_get_the_default(api: ApiHarness, text: str) -> None:
    answer = api.client.post("/predict/batch", content=text.encode(), headers=CSV).json()
    assert answer["answered"] == 2
    stored = [api.log.rows[row["prediction_id"]].fields for row in answer["predictions"]]
    assert [(fields["age"], fields["gender"]) for fields in stored] == [
        (70, "Male"),
        (65, "Female"),
    ]


def test_a_batch_is_one_commit(api: ApiHarness) -> None:
    api.client.post("/predict/batch", json={"patients": [{}] * 1000})
    assert (len(api.log.rows), api.log.commits) == (1000, 1)


def test_an_incomplete_or_non_numeric_csv_row_is_named(api: ApiHarness) -> None:
    text = b"age,gender\n70\n7x,Male\n" + b"9" * 30 + b",Male\n"
    errors = api.client.post("/predict/batch", content=text, headers=CSV).json()["errors"]
    assert [(row["row"], row["detail"][0]["field"]) for row in errors] == [
        (1, None),
        (2, "age"),
        (3, "age"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"\n", b"height\n1\n", b"age,age\n1,2\n", b"age\n", b"\xff\n1\n", b'age\n"1\n']
)
def test_a_malformed_csv_is_refused_as_a_whole(api: ApiHarness, body: bytes) -> None:
    assert api.client.post("/predict/batch", content=body, headers=CSV).status_code == 422


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", '{"patients": []}', '{"patients": {}}', '{"patients": [{}], "x": 1}']
)
def test_a_json_of_another_shape_is_refused(api: ApiHarness, body: str) -> None:
    answer = api.client.post(
        "/predict/batch", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422


def test_more_than_ten_thousand_rows_are_refused(api: ApiHarness) -> None:
    answer = api.client.post("/predict/batch", json={"patients": [{}] * 10_001})
    assert (answer.status_code, "10,001" in answer.text) == (422, True)


def test_a_row_of_empty_cells_is_no_patient(api: ApiHarness) -> None:
    text = b"age,number_inpatient\n75,2\n,\n , \n"
    answer = api.client.post("/predict/batch", content=text, headers=CSV).json()
    assert (answer["rows"], answer["answered"], answer["rejected"]) == (1, 1, 0)
    assert len(api.log.rows) == 1


def test_a_wrong_heading_is_answered_with_the_nearest(api: ApiHarness) -> None:
    text = b"age,number_inpatiant\n75,2\n"
    answer = api.client.post("/predict/batch", content=text, headers=CSV)
    assert answer.status_code == 422
    (detail,) = answer.json()["detail"]
    assert "'number_inpatiant' (did you mean number_inpatient?)" in detail["message"]


@pytest.mark.parametrize("age", ["75", "75.0", "75.00", "75,0"])
def test_a_whole_float_is_a_whole_number(api: ApiHarness, age: str) -> None:
    text = f"age;number_inpatient\n{age};2\n".encode()
    (row,) = api.client.post("/predict/batch", content=text, headers=CSV).json()["predictions"]
    assert api.log.rows[row["prediction_id"]].fields["age"] == 75
