"""MinIO's init job with a stand-in for its client, which has no package anywhere."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

CLIENT = """#!/bin/sh
echo "$@" >>"$CALLS"
# mc fails if the policy is already attached.
[ "$3" != attach ] || [ ! -e "$CALLS.attached" ] || exit 1
[ "$3" != attach ] || touch "$CALLS.attached"
"""


@pytest.fixture
def run_init(tmp_path: Path) -> list[str]:
    """Run the job twice, as two starts of the stack do; return what the client was told."""
    client = tmp_path / "mc"
    client.write_text(CLIENT)
    client.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": f"{tmp_path}/calls"}
    env |= {"S3_ACCESS_KEY": "theirs", "S3_SECRET_KEY": "hidden"}
    for _ in range(2):
        subprocess.run(["sh", ROOT / "minio/init.sh"], env=env, check=True)
    return (tmp_path / "calls").read_text().splitlines()


def test_init_makes_the_bucket_and_a_key_of_one_policy_and_may_run_again(
    run_init: list[str],
) -> None:
    first, again = run_init[:4], run_init[4:]
    assert first == [
        "mb --ignore-existing store/mlflows3",
        "admin policy create store mlflows3 /mlflows3-policy.json",
        "admin user add store theirs hidden",
        "admin policy attach store mlflows3 --user theirs",
    ]
    assert again[:4] == first


def test_policy_opens_the_bucket_and_nothing_else() -> None:
    statements = json.loads((ROOT / "minio/mlflows3-policy.json").read_text())["Statement"]
    assert {resource for one in statements for resource in one["Resource"]} == {
        "arn:aws:s3:::mlflows3",
        "arn:aws:s3:::mlflows3/*",
    }
    assert not [
        action
        for one in statements
        for action in one["Action"]
        if "*" in action or "Policy" in action
    ]
