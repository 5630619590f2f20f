"""A broken desk.toml: every fault is named with its line and its remedy, and nothing changes."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.config.desk_file import read
from spocd.config.options import decoded
from spocd.errors import Exit, Misconfigured, Refused
from tests.desk.running_desk import ADMIN, RunningDesk

BAD = sorted((Path(__file__).parents[1] / "baddesks").iterdir())


async def faults_of(desk: RunningDesk, content: bytes, *, remove: bool = False) -> list[str]:
    """What `spocd apply desk.toml` says of a file; at this desk work admin, agent, lead and other."""
    try:
        text = decoded(content, "desk.toml")
        await desk.ask("desk.apply", by=ADMIN, text=text, name="desk.toml", remove=remove)
    except Misconfigured as wrong:
        return wrong.faults
    except Refused as wrong:
        return wrong.sentence.splitlines()
    raise AssertionError("nothing was wrong with it")


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
async def test_every_fault_of_a_broken_file_is_named_with_its_line_and_nothing_changes(
    desk: RunningDesk, case: Path
) -> None:
    before = await desk.ask("desk.export", by=ADMIN)
    said = await faults_of(desk, (case / "desk.toml").read_bytes())
    assert said == (case / "expected.txt").read_text().splitlines()
    assert await desk.ask("desk.export", by=ADMIN) == before


async def test_a_broken_file_is_a_fault_of_the_configuration(desk: RunningDesk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask("desk.apply", by=ADMIN, text="[team.network]\n")
    assert (refused.value.code, refused.value.exit) == ("bad-desk-file", Exit.CONFIGURATION)


async def test_with_remove_only_what_is_in_the_file_can_be_named(desk: RunningDesk) -> None:
    text = b'[agents.admin]\nname = "Admin"\n\n[teams.all]\nname = "All"\nmembers = ["admin", "other"]\n'
    assert await faults_of(desk, text, remove=True) == [
        'desk.toml:6: key "teams.all.members" names the agent "other", which is not in this file, and --remove takes'
        " away what is not"
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("a = " + "[" * 5000, "nested too deeply; this is no desk.toml", id="brackets"),
        pytest.param("a = " + "9" * 5000, "not TOML", id="a number of 5,000 digits"),
        pytest.param("[[teams]]\nname = 3\n", "is the name of a section", id="a list of sections"),
        pytest.param("teams.a.b.c = 3\n", 'key "teams.a.b" is not known', id="dots"),
        pytest.param("[teams.a]\nname = 2026-01-01\n", "is a date or time", id="a date"),
        pytest.param('[teams.a]\n"\\u001b[2J" = 1\n', "\\u001b", id="a key that a terminal would obey"),
        pytest.param('[agents."\\u001b[2J"]\n', "\\u001b", id="a login that a terminal would obey"),
        pytest.param('[canned.a]\nbody = "\\u001b[2J"\n', "\\u001b", id="a text that a terminal would obey"),
        pytest.param(f'[canned.a]\nbody = "{"x" * 20_001}"\n', "at most 20000", id="an endless text"),
        pytest.param('[calendars.a]\nzone = "../../etc/passwd"\n', "no time zone", id="a zone that is a path"),
        pytest.param(
            '[calendars.a]\nhours = { "mon\\u001b" = "1" }\n', "\\u001b", id="a day that a terminal would obey"
        ),
    ],
)
async def test_hostile_text_is_a_fault_like_any_other(desk: RunningDesk, text: str, why: str) -> None:
    said = "\n".join(await faults_of(desk, text.encode()))
    assert why in said
    assert "\x1b" not in said


@given(st.text(alphabet="[]=\". \n#teams{}',1agx\\u", max_size=80))
def test_any_text_is_a_desk_or_misconfigured(text: str) -> None:
    with contextlib.suppress(Misconfigured):
        read(text, "desk.toml", {}, language="en", remove=False, own=lambda _: False)


def test_there_are_enough_broken_files_to_speak_of() -> None:
    assert len(BAD) >= 20
