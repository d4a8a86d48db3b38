"""The dataset source against a real web server and real files, broken in many ways."""

import gzip
import io
import json
import logging
import lzma
import os
import resource
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest

from connections.dataset.address import Address
from connections.dataset.download import Limits
from connections.dataset.header import HEADER
from connections.dataset.source import KNOWN_SHA256, UrlDatasetSource
from readmission.errors import DatasetError, SettingError, UnreachableError
from tests.servers.web import WebServer, answer, chunked, drip, in_turn, running_web, stall

CSV = (",".join(HEADER) + "\n" + ",".join("1" for _ in HEADER) + "\n").encode()
PREVIOUS = CSV + b"previous\n"
ROOT = Path(__file__).resolve().parents[2]
QUICK = Limits(
    connect_timeout_s=0.3,
    read_timeout_s=0.3,
    total_timeout_s=5,
    first_wait_s=0.01,
    max_bytes=1 << 20,
)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with running_web() as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder that holds an earlier download from another address."""
    earlier = tmp_path / "earlier.csv"
    earlier.write_bytes(PREVIOUS)
    folder = tmp_path / "data"
    source(earlier.as_uri(), folder).fetch()
    return folder


def source(
    url: str, folder: Path, *, keep_any: bool = False, limits: Limits = QUICK
) -> UrlDatasetSource:
    return UrlDatasetSource(Address(url), folder, keep_any=keep_any, limits=limits)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def patched(archive: bytes, *, flags: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Change the flags and the compression method in the directory of a zip."""
    entry = archive.index(b"PK\x01\x02")
    return archive[: entry + 8] + struct.pack("<HH", flags, method) + archive[entry + 12 :]


def local(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return (folder / name).as_uri()


PACKED = {
    "plain.csv": CSV,
    "packed.CSV.XZ": lzma.compress(CSV),
    "packed.csv.gz": gzip.compress(CSV),
    "uci.zip": zipped(
        dataset_diabetes__diabetic_data__csv=CSV,
        IDS_mapping__csv=b"admission_type_id,description\n",
    ),
    "nested.zip": zipped(
        inner__zip=zipped(diabetic_data__csv=CSV, readme__txt=b"hello"), other__csv=b"a,b\n"
    ),
}


@pytest.mark.parametrize("name", PACKED)
def test_every_packing_yields_the_same_csv(name: str, web: WebServer, tmp_path: Path) -> None:
    fetched = [
        source(local(tmp_path, name, PACKED[name]), tmp_path / "a").fetch(),
        source(web.put(f"/{name}", answer(200, PACKED[name])), tmp_path / "b").fetch(),
    ]
    assert [file.path.read_bytes() for file in fetched] == [CSV, CSV]
    assert {path.name for path in (tmp_path / "b").iterdir()} == {
        "Diabetes.csv",
        "Diabetes.csv.receipt.json",
        ".lock",
    }


def test_windows_line_ends_and_a_byte_order_mark_are_accepted(tmp_path: Path) -> None:
    url = local(tmp_path, "crlf.csv", b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n"))
    assert source(url, tmp_path / "data").fetch().path.read_bytes().count(b"\r\n") == 2


REFUSED = {
    "page.csv": (b"<!DOCTYPE html><html>Please log in</html>", "is a web page"),
    "page.zip": (b"\n <html></html>", "is a web page"),
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n\n", "is empty"),
    "header.csv": (CSV.partition(b"\n")[0] + b"\n", "no rows"),
    "missing.csv": (CSV.replace(b"weight,", b""), "missing 'weight'"),
    "extra.csv": (CSV.replace(b"weight,", b"weight,height,"), "unexpected 'height'"),
    "twice.csv": (CSV.replace(b"weight,", b"weight,weight,"), "unexpected 'weight'"),
    "order.csv": (CSV.replace(b"race,gender", b"gender,race"), "the order must be"),
    "foreign.csv": (b"a;b;c\n1;2;3\n", "missing 'encounter_id'"),
    "binary.csv": (bytes(range(1, 256)), "wrong header"),
    "corrupt.xz": (lzma.compress(CSV)[:-20] + b"\0" * 20, "broken or incomplete .xz"),
    "short.xz": (lzma.compress(CSV)[:-20], "broken or incomplete .xz"),
    "plain.xz": (CSV, "broken or incomplete .xz"),
    "short.gz": (gzip.compress(CSV)[:-9], "broken or incomplete .gz"),
    "changed.gz": (gzip.compress(CSV)[:-8] + b"\0" * 8, "broken or incomplete .gz"),
    "short.zip": (zipped(a__csv=CSV)[:-30], "broken or incomplete .zip"),
    "unknown.zip": (patched(zipped(a__csv=CSV), method=99), "broken or incomplete .zip"),
    "encrypted.zip": (patched(zipped(a__csv=CSV), flags=1), "encrypted"),
    "none.zip": (zipped(readme__txt=b"hello"), "it holds: none"),
    "single.zip": (zipped(a__csv=CSV.replace(b"weight,", b"")), "missing 'weight'"),
    "two.zip": (zipped(a__csv=CSV, b__csv=CSV), "exactly one CSV"),
    "bomb.xz": (lzma.compress(bytes(20 << 20)), "wrong header"),
    "bomb.gz": (gzip.compress(CSV + bytes(20 << 20)), "unpacks to more than 1,048,576 bytes"),
    "bomb.zip": (zipped(a__csv=CSV + bytes(20 << 20)), "unpacks to more than 1,048,576 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_file_is_refused_by_name_and_the_previous_one_stays(
    name: str, tmp_path: Path, data: Path
) -> None:
    content, why = REFUSED[name]
    with pytest.raises(DatasetError, match=why) as error:
        source(local(tmp_path, name, content), data).fetch()
    assert name in str(error.value)
    assert_previous(data)


BROKEN = {
    "a missing page": (answer(404, b"<html>"), "answers 404", 1),
    "a forbidden page": (answer(403, b""), "answers 403", 1),
    "an overloaded server": (answer(503, b""), "answers 503", 3),
    "a truncated body": (answer(200, CSV, length=len(CSV) + 7), "broke off", 3),
    "an endless redirect": (answer(302, b"", Location="/file.csv"), "redirects without end", 31),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_address_that_fails_is_unreachable_and_the_previous_file_stays(
    name: str, web: WebServer, data: Path
) -> None:
    page, why, tries = BROKEN[name]
    with pytest.raises(UnreachableError, match=why):
        source(web.put("/file.csv", page), data).fetch()
    assert len(web.asked) == tries
    assert_previous(data)


def test_a_server_that_falls_silent_or_is_not_there_is_unreachable(
    web: WebServer, data: Path
) -> None:
    with pytest.raises(UnreachableError, match="too long"):
        source(web.put("/file.csv", stall(web, CSV)), data).fetch()
    with pytest.raises(UnreachableError, match="no connection"):
        source("http://127.0.0.1:9/file.csv", data).fetch()
    assert_previous(data)


def test_a_download_that_drips_ends_at_the_deadline(web: WebServer, data: Path) -> None:
    limits = Limits(total_timeout_s=0.3, read_timeout_s=2, attempts=1)
    with pytest.raises(UnreachableError, match="too long"):
        source(web.put("/file.csv", drip(web)), data, limits=limits).fetch()
    assert_previous(data)


def test_a_download_larger_than_the_limit_is_refused(web: WebServer, data: Path) -> None:
    with pytest.raises(DatasetError, match="larger than 1,048,576 bytes"):
        source(web.put("/file.csv", answer(200, CSV + bytes(2 << 20))), data).fetch()
    assert_previous(data)


def test_a_failure_that_passes_is_tried_again(web: WebServer, tmp_path: Path) -> None:
    page = in_turn(answer(503, b""), answer(200, CSV, length=len(CSV) + 7), answer(200, CSV))
    assert source(web.put("/file.csv", page), tmp_path).fetch().path.read_bytes() == CSV


def test_a_body_in_chunks_and_compressed_on_the_way_is_whole(
    web: WebServer, tmp_path: Path
) -> None:
    assert (
        source(web.put("/file.csv", chunked(gzip.compress(CSV))), tmp_path)
        .fetch()
        .path.read_bytes()
        == CSV
    )


def test_redirects_are_followed(web: WebServer, tmp_path: Path) -> None:
    web.put("/there", answer(200, CSV))
    assert (
        source(web.put("/here.csv", answer(302, b"", Location="/there")), tmp_path)
        .fetch()
        .path.read_bytes()
        == CSV
    )


def test_the_download_happens_once_unless_forced(web: WebServer, tmp_path: Path) -> None:
    dataset_source = source(web.put("/file.csv", answer(200, CSV)), tmp_path)
    assert dataset_source.fetch() == dataset_source.fetch()
    assert len(web.asked) == 1
    dataset_source.fetch(force=True)
    assert len(web.asked) == 2


def test_several_at_once_download_once(web: WebServer, tmp_path: Path) -> None:
    url = web.put("/file.csv", answer(200, CSV))
    with ThreadPool(4) as pool:
        files = pool.map(lambda _: source(url, tmp_path).fetch(), range(4))
    assert len({file.sha256 for file in files}) == len(web.asked) == 1


def test_a_changed_address_is_fetched_again(web: WebServer, data: Path) -> None:
    assert source(web.put("/file.csv", answer(200, CSV)), data).fetch().path.read_bytes() == CSV
    other = web.put("/other.csv", answer(200, PREVIOUS))
    assert source(other, data).fetch().path.read_bytes() == PREVIOUS


def test_a_reader_of_the_previous_file_sees_it_whole(tmp_path: Path, data: Path) -> None:
    with (data / "Diabetes.csv").open("rb") as reader:
        source(local(tmp_path, "mine.csv", CSV), data).fetch()
        assert reader.read() == PREVIOUS


def test_a_changed_local_file_is_read_again(tmp_path: Path) -> None:
    dataset_source = source(local(tmp_path, "mine.csv", CSV), tmp_path / "data")
    dataset_source.fetch()
    local(tmp_path, "mine.csv", PREVIOUS)
    assert dataset_source.fetch().path.read_bytes() == PREVIOUS


def test_a_copy_that_differs_from_its_receipt_is_fetched_again(web: WebServer, data: Path) -> None:
    dataset_source = source(web.put("/file.csv", answer(200, CSV)), data)
    dataset_source.fetch()
    (data / "Diabetes.csv").write_bytes(PREVIOUS)  # as after a kill between the two renames
    assert dataset_source.fetch().path.read_bytes() == CSV


def test_without_a_named_address_a_dataset_in_the_folder_is_kept(
    data: Path, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9/file.csv"
    assert source(nowhere, data, keep_any=True).fetch().source.endswith("earlier.csv")
    (data / "Diabetes.csv").write_bytes(CSV)
    assert source(nowhere, data, keep_any=True).fetch().source == (data / "Diabetes.csv").as_uri()
    (data / "Diabetes.csv").write_bytes(b"<html>")
    with pytest.raises(DatasetError, match=r"Diabetes\.csv is a web page"):
        source(nowhere, data, keep_any=True).fetch()


def test_secrets_in_the_address_are_kept_nowhere(web: WebServer, tmp_path: Path) -> None:
    url = (
        web.put("/file.csv", answer(200, CSV)).replace("//", "//user:hunter2@")
        + "?signature=hunter2"
    )
    assert source(url, tmp_path).fetch().source == f"{web.url}/file.csv"
    assert "hunter2" not in (tmp_path / "Diabetes.csv.receipt.json").read_text()
    with pytest.raises(UnreachableError) as error:
        source(url.replace("file.csv", "no.csv"), tmp_path).fetch()
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/Diabetes.csv", "must start with https"),
        ("/home/me/Diabetes.csv", "must start with https"),
        ("https://example.org/Diabetes.parquet", "must end in one of .csv"),
        ("https://example.org/", "must end in one of .csv"),
        ("file://Diabetes.csv/a.csv", "three slashes"),
        ("http://[::1/a.csv", "not an address"),
        ("file:///nowhere/Diabetes.csv", "names no file"),
        ("http:///a.csv", "not an address"),
    ],
)
def test_an_address_that_cannot_work_is_a_wrong_setting(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=f"DATASET_URL.*{why}"):
        source(url, tmp_path).fetch()


def test_a_full_disk_is_reported_and_the_previous_file_stays(tmp_path: Path, data: Path) -> None:
    url = local(tmp_path, "large.csv", CSV + bytes(1 << 19))
    with (
        room_for(1 << 16),
        pytest.raises(SettingError, match=r"DATA_DIR: .*cannot be written: File too large"),
    ):
        source(url, data).fetch()
    assert_previous(data)


def test_a_folder_that_cannot_be_created_is_a_wrong_setting(tmp_path: Path) -> None:
    url = local(tmp_path, "mine.csv", CSV)
    with pytest.raises(SettingError, match=r"DATA_DIR: .*mine\.csv/data cannot be written"):
        source(url, tmp_path / "mine.csv" / "data").fetch()


def test_a_kill_in_the_middle_leaves_the_previous_file(web: WebServer, data: Path) -> None:
    url = web.put("/file.csv", stall(web, CSV))
    process = fetch_in_a_process(url, data)
    wait_for(lambda: (data / ".Diabetes.csv.download").exists())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_previous(data, staging_files=True)
    web.put("/file.csv", answer(200, CSV))
    assert source(url, data).fetch().path.read_bytes() == CSV
    assert not (data / ".Diabetes.csv.download").exists()


def test_the_real_dataset_has_the_published_checksum_and_is_quiet(
    real_dataset: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    limits = Limits()
    fetched = source(real_dataset.as_uri(), tmp_path, limits=limits).fetch()
    crlf = local(tmp_path, "crlf.csv", fetched.path.read_bytes().replace(b"\n", b"\r\n"))
    windows = source(crlf, tmp_path / "crlf", limits=limits).fetch()
    assert {fetched.sha256, windows.sha256} == KNOWN_SHA256
    assert fetched.sha256 == "da21942c25a10a51a8842907ab01a8530b06232616b17d317441d592a20c4359"
    assert not caplog.records


def test_another_checksum_is_accepted_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source(local(tmp_path, "mine.csv", CSV), tmp_path / "data").fetch()
    assert [
        (record.levelno, "unknown checksum" in record.message) for record in caplog.records
    ] == [(logging.WARNING, True)]


def assert_previous(folder: Path, *, staging_files: bool = False) -> None:
    """Check that a failure changed nothing."""
    assert (folder / "Diabetes.csv").read_bytes() == PREVIOUS
    assert json.loads((folder / "Diabetes.csv.receipt.json").read_text())["source"].endswith(
        "earlier.csv"
    )
    if not staging_files:
        names = {path.name for path in folder.iterdir()}
        assert names == {"Diabetes.csv", "Diabetes.csv.receipt.json", ".lock"}


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let the system refuse to write files beyond ``size``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fetch_in_a_process(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a fetch that can be killed."""
    code = (
        "from pathlib import Path; from connections.dataset.address import Address; "
        "from connections.dataset.source import UrlDatasetSource; "
        f"UrlDatasetSource(Address({url!r}), Path({str(folder)!r})).fetch()"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ)


def wait_for(happened: object, timeout_s: float = 30) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not happened():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
