"""The desk as a file, over the installed command: what is applied is exported, and whoever reads the desk sees it."""

from __future__ import annotations

from pathlib import Path

from tests.running import RunningDesk

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = str(REPOSITORY / "etc/desk.toml")


def test_the_example_is_applied_exported_and_applied_again(desk: RunningDesk, tmp_path: Path) -> None:
    foreseen = desk.json("apply", EXAMPLE, "--dry-run", "--json")
    assert desk.json("team", "list", "--json") == []
    assert desk.json("apply", EXAMPLE, "--json") == foreseen
    assert len(desk.json("service", "list", "--json")) == 12
    assert desk.json("agent", "view", "rasmus", "--json")["teams"] == ["network"]

    exported = desk.run("export").out
    written = tmp_path / "desk.toml"
    written.write_text(exported, encoding="utf-8")
    assert desk.json("apply", str(written), "--remove", "--json") == {"changes": []}
    assert desk.json("apply", EXAMPLE, "--json") == {"changes": []}
    assert desk.run("export").out == exported


def test_a_broken_file_changes_nothing_and_says_all_that_is_wrong(desk: RunningDesk) -> None:
    before = desk.run("export").out
    broken = REPOSITORY / "tests/baddesks/many-faults/desk.toml"
    ended = desk.run("apply", str(broken))
    expected = (broken.parent / "expected.txt").read_text().splitlines()
    assert ended.code == 78
    for said, line in zip(ended.err.splitlines(), expected, strict=True):
        # At this desk works somebody else.
        assert said.partition("; there are")[0] == f"spocd: {broken.parent}/{line}".partition("; there are")[0]
    assert desk.run("export").out == before
