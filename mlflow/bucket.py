"""The bucket of the artifacts: ``bucket.py make``, ``dump`` (a tar on stdout), ``load`` (a tar on stdin), ``count``.

Runs inside the MLflow image, which alone holds the keys; works with any S3 server.
"""

import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from typing import Any

import boto3

BUCKET = (
    os.environ.get("MLFLOW_ARTIFACTS_DESTINATION", "s3://mlflows3")
    .removeprefix("s3://")
    .split("/")[0]
)


def objects(s3: Any) -> Iterator[dict[str, Any]]:
    """Yield every object's key and size."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        yield from page.get("Contents", ())


def make(s3: Any) -> None:
    """Make the bucket where it is missing."""
    if BUCKET not in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket=BUCKET)


def dump(s3: Any) -> None:
    """Write every object into a tar."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for found in objects(s3):
            answer = s3.get_object(Bucket=BUCKET, Key=found["Key"])
            entry = tarfile.TarInfo(found["Key"])
            entry.size = answer["ContentLength"]
            archive.addfile(entry, answer["Body"])


def load(s3: Any) -> None:
    """Make the bucket hold what the tar holds, and nothing else."""
    kept = set()
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for entry in archive:
            with tempfile.SpooledTemporaryFile(max_size=2**24) as body:
                shutil.copyfileobj(archive.extractfile(entry), body)
                body.seek(0)
                s3.upload_fileobj(body, BUCKET, entry.name)
            kept.add(entry.name)
    for found in list(objects(s3)):
        if found["Key"] not in kept:
            s3.delete_object(Bucket=BUCKET, Key=found["Key"])


def count(s3: Any) -> None:
    """Print how many objects and bytes there are."""
    sizes = [found["Size"] for found in objects(s3)]
    sys.stdout.write(f"{len(sizes)} {sum(sizes)}\n")


if __name__ == "__main__":
    commands = {"make": make, "dump": dump, "load": load, "count": count}
    commands[sys.argv[1]](
        boto3.client("s3", endpoint_url=os.environ.get("MLFLOW_S3_ENDPOINT_URL") or None)
    )
