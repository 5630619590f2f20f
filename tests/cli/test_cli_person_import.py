"""`spocd person import`: files read, bad rows told, what is no file refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk


@pytest.fixture
def calls(desk: FakeDesk) -> list[list[dict[str, Any]]]:
    """The rows of each call; who is called bad is refused."""
    met: list[list[dict[str, Any]]] = []

    def take(asked: dict[str, Any]) -> dict[str, Any]:
        met.append(asked["people"])
        bad = [row for row in asked["people"] if row["address"] == "bad"]
        refused = [{"line": row["line"], "address": "bad", "why": "It is bad."} for row in bad]
        return {"added": len(asked["people"]) - len(bad), "changed": 0, "unchanged": 0, "refused": refused}

    desk.answers["person.import"] = take
    return met


def test_languages_that_the_desk_does_not_write_in_are_told_once(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    counts = {"added": 2, "changed": 0, "unchanged": 0, "refused": [], "unspoken": ["fr", "klingon"]}
    desk.answers["person.import"] = lambda _: counts
    (tmp_path / "people.csv").write_text("mail,language\nann@x.example,fr\nbo@x.example,klingon\n")
    ended = cli("person", "import", str(tmp_path / "people.csv"))
    assert (ended.code, "unspoken" in ended.out) == (0, False)
    assert "languages that the desk does not write in, left out: fr, klingon" in ended.err


def test_a_file_is_taken_in(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"\xef\xbb\xbfmail,cn\r\nann@x.example,Ann Ek\r\n")
    ended = cli("person", "import", str(tmp_path / "people.csv"))
    assert (ended.code, ended.out.split()) == (0, ["added", "1", "changed", "0", "unchanged", "0", "refused", "0"])
    assert calls == [[{"line": 2, "address": "ann@x.example", "name": "Ann Ek"}]]


def test_bad_rows_are_told_in_their_order_and_the_rest_is_done(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "people").write_text("mail,cn\nbad,x\n,y\nann@x.example,z\n")
    ended = cli("person", "import", str(tmp_path / "people"), "--json")
    assert ended.code == 7
    assert ended.err.splitlines() == [
        "spocd: line 2: bad: It is bad.",
        "spocd: line 3: There is no address in it.",
    ]
    assert [row["line"] for row in json.loads(ended.out)["refused"]] == [2, 3]


def test_where_no_row_is_good_it_has_failed(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "people").write_text("mail\nbad\n")
    assert cli("person", "import", str(tmp_path / "people")).code == 1


def test_many_go_in_parts_each_under_a_key_of_its_own(
    desk: FakeDesk, calls: list[Any], cli: Cli, tmp_path: Path
) -> None:
    rows = "".join(f"dn: cn={n}\nmail: p{n}@x.example\n\n" for n in range(2500))
    (tmp_path / "people.ldif").write_text(f"version: 1\n{rows}dn: ou=x\nou: x\n")
    ended = cli("person", "import", str(tmp_path / "people.ldif"), "--key", "k")
    assert [len(each) for each in calls] == [1000, 1000, 500]
    assert "1 entries without a mail address were left out" in ended.err


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/", "fifo"])
def test_sec68_what_is_no_file_is_refused_at_once(calls: list[Any], cli: Cli, tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    ended = cli("person", "import", str(tmp_path / "fifo") if path == "fifo" else path)
    assert ended.code == 1
    assert calls == []


def test_sec68_a_file_without_an_end_in_sight_is_refused(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(2**40)
    ended = cli("person", "import", str(tmp_path / "huge"))
    assert (ended.code, calls) == (1, [])
    assert "more than 64 MiB" in ended.err


def test_what_is_not_utf_8_is_refused(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "people").write_bytes(b"mail,cn\nann@x.example,\xc5sa\n")
    ended = cli("person", "import", str(tmp_path / "people"))
    assert (ended.code, calls) == (1, [])
    assert "not text in UTF-8" in ended.err


def test_columns_that_are_not_read_and_a_dry_run_are_told_once(calls: list[Any], cli: Cli, tmp_path: Path) -> None:
    rows = "".join(f"p{n}@x.example,1,2\n" for n in range(2500))
    (tmp_path / "people.csv").write_text(f"mail,Fax,Home\n{rows}")
    ended = cli("person", "import", str(tmp_path / "people.csv"), "--dry-run")
    assert len(calls) == 3
    assert ended.err.splitlines() == [
        "spocd: columns that are not read: Fax, Home",
        "spocd: a dry run: this is what it would have been; nothing was changed",
    ]
