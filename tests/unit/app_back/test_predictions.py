"""Stored predictions, their outcomes and the live quality."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.app_back.conftest import ApiHarness

UNKNOWN = "01890000-0000-7000-8000-000000000000"


def test_pages_follow_each_other_newest_first(api: ApiHarness) -> None:
    made_ids = [api.predict(age=age).json()["prediction_id"] for age in range(5)]
    first = api.client.get("/predictions", params={"limit": 3}).json()
    rest = api.client.get(
        "/predictions", params={"limit": 3, "before_id": first["next_before_id"]}
    ).json()
    listed = [row["prediction_id"] for row in first["predictions"] + rest["predictions"]]
    assert listed == sorted(made_ids, reverse=True)
    assert rest["next_before_id"] is None


def test_filters_narrow_the_list(api: ApiHarness) -> None:
    young = api.predict(age=0, patient_label="NHC 7").json()["prediction_id"]
    old = api.predict(age=100, patient_label="NHC 70").json()["prediction_id"]
    api.client.post(f"/predictions/{old}/outcome", json={"outcome": 0})
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for params, ids in (
        ({"predicted_readmitted": 1}, [old]),
        ({"predicted_readmitted": 0}, [young]),
        ({"with_outcome": True}, [old]),
        ({"with_outcome": False}, [young]),
        ({"model_version": 9}, []),
        ({"patient_label": "NHC 7"}, [young]),
        ({"made_from": tomorrow}, []),
        ({"made_until": tomorrow, "model_version": 1}, [old, young]),
    ):
        found = api.client.get("/predictions", params=params).json()["predictions"]
        assert sorted(row["prediction_id"] for row in found) == sorted(ids), params


@pytest.mark.parametrize("number", ["0.5", "-1", "3.2e-92", "1e9", "inf", " 7 "])
def test_a_number_is_not_a_time(api: ApiHarness, number: str) -> None:
    answer = api.client.get("/predictions", params={"made_from": number})
    assert answer.status_code == 422
    assert "2026-01-31T12:00:00Z" in answer.json()["detail"][0]["message"]


def test_an_invalid_filter_is_named(api: ApiHarness) -> None:
    answer = api.client.get("/predictions", params={"made_from": "0.5", "limit": 0, "x": 1})
    assert (answer.status_code, {d["field"] for d in answer.json()["detail"]}) == (
        422,
        {"made_from", "limit", "x"},
    )


def test_filters_accept_any_year(api: ApiHarness) -> None:
    for year, found in (("0001", 1), ("9999", 0)):
        api.predict()
        params = {"made_from": f"{year}-12-31T23:59:59-05:00", "limit": 1}
        assert len(api.client.get("/predictions", params=params).json()["predictions"]) == found


def test_an_outcome_is_stored_and_may_be_corrected(api: ApiHarness) -> None:
    prediction_id = api.predict().json()["prediction_id"]
    for outcome in (1, 1, 0):
        assert (
            api.client.post(
                f"/predictions/{prediction_id}/outcome", json={"outcome": outcome}
            ).status_code
            == 200
        )
    assert api.log.rows[prediction_id].outcome == 0


def test_an_outcome_of_an_unknown_prediction_is_refused(api: ApiHarness) -> None:
    assert (
        api.client.post(f"/predictions/{UNKNOWN}/outcome", json={"outcome": 1}).status_code == 404
    )
    assert api.client.post("/predictions/none/outcome", json={"outcome": 1}).status_code == 422


def test_the_model_shows_its_live_quality(api: ApiHarness) -> None:
    for age in (0, 10, 90, 100):
        prediction_id = api.predict(age=age).json()["prediction_id"]
        api.client.post(f"/predictions/{prediction_id}/outcome", json={"outcome": int(age > 50)})
    live = api.client.get("/model").json()["live"]
    assert (live["outcomes"], live["auc"], live["f1"], live["observed_rate"]) == (4, 1.0, 1.0, 0.5)
    assert 'live_quality{metric="auc"} 1.0' in api.client.get("/metrics").text


def test_the_auc_is_undefined_when_all_outcomes_are_equal(api: ApiHarness) -> None:
    prediction_id = api.predict().json()["prediction_id"]
    api.client.post(f"/predictions/{prediction_id}/outcome", json={"outcome": 1})
    live = api.client.get("/model").json()["live"]
    assert (live["outcomes"], live["auc"], live["observed_rate"]) == (1, None, 1.0)


def test_a_withdrawn_outcome_is_unknown_and_both_reports_are_returned(api: ApiHarness) -> None:
    prediction_id = api.predict(age=90).json()["prediction_id"]
    url = f"/predictions/{prediction_id}"
    api.client.post(f"{url}/outcome", json={"outcome": 1})
    withdrawn = api.client.delete(f"{url}/outcome")
    assert (withdrawn.status_code, withdrawn.json()["outcome"]) == (200, None)
    stored = api.client.get(url).json()
    assert (stored["prediction"]["fields"]["age"], stored["prediction"]["outcome"]) == (90, None)
    assert [report["outcome"] for report in stored["outcomes"]] == [1, None]
    assert api.client.get("/predictions", params={"with_outcome": True}).json()["predictions"] == []
    assert api.client.get("/model").json()["live"]["outcomes"] == 0


def test_an_unknown_prediction_is_neither_shown_nor_changed(api: ApiHarness) -> None:
    assert api.client.get(f"/predictions/{UNKNOWN}").status_code == 404
    assert api.client.delete(f"/predictions/{UNKNOWN}/outcome").status_code == 404
    assert api.client.delete("/predictions/none/outcome").status_code == 422
    assert api.log.reports == []
