"""The bucket of the artifacts, as commands: ``bucket.py make | dump | load | count``.

``dump`` writes a tar to stdout, ``load`` reads one from stdin. It runs inside the MLflow image, the
only one that holds the keys, and works with any S3 server.
"""

import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from typing import Any

import boto3

_DESTINATION = os.environ.get("MLFLOW_ARTIFACTS_DESTINATION", "s3://mlflows3")
BUCKET = _DESTINATION.removeprefix("s3://").split("/")[0]
MEMORY_LIMIT = 2**24  # bytes of an object that are held in memory; larger ones go to disk


def objects(s3: Any) -> Iterator[dict[str, Any]]:
    """Yield the key and size of every object."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    for page in pages:
        yield from page.get("Contents", ())


def make(s3: Any) -> None:
    """Create the bucket if it does not exist."""
    buckets = s3.list_buckets()["Buckets"]
    existing_buckets = [bucket["Name"] for bucket in buckets]
    if BUCKET not in existing_buckets:
        s3.create_bucket(Bucket=BUCKET)


def dump(s3: Any) -> None:
    """Write every object into a tar on stdout."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for listed in objects(s3):
            key = listed["Key"]
            response = s3.get_object(Bucket=BUCKET, Key=key)
            body = response["Body"]
            entry = tarfile.TarInfo(key)
            entry.size = response["ContentLength"]
            archive.addfile(entry, body)


def load(s3: Any) -> None:
    """Replace the bucket's objects by those of the tar on stdin."""
    loaded_keys = set()
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        for entry in archive:
            _upload(s3, archive, entry)
            loaded_keys.add(entry.name)
    for listed in list(objects(s3)):
        if listed["Key"] not in loaded_keys:
            s3.delete_object(Bucket=BUCKET, Key=listed["Key"])


def _upload(s3: Any, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    """Upload one entry; its content is copied first, because an upload has to seek in it."""
    content = archive.extractfile(entry)
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_LIMIT) as body:
        shutil.copyfileobj(content, body)
        body.seek(0)
        s3.upload_fileobj(body, BUCKET, entry.name)


def count(s3: Any) -> None:
    """Print the number of objects and of bytes."""
    object_count = 0
    total_bytes = 0
    for listed in objects(s3):
        object_count += 1
        total_bytes += listed["Size"]
    sys.stdout.write(f"{object_count} {total_bytes}\n")


def main() -> None:
    """Run the command that is named on the command line."""
    commands = {"make": make, "dump": dump, "load": load, "count": count}
    run = commands[sys.argv[1]]
    endpoint_url = os.environ.get("MLFLOW_S3_ENDPOINT_URL") or None
    s3 = boto3.client("s3", endpoint_url=endpoint_url)
    run(s3)


if __name__ == "__main__":
    main()
