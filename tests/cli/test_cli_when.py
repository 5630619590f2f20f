"""The times that people write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.cli.when import moment
from spocd.errors import Refused
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, ticket

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)  # a Wednesday, 12:30 in Helsinki


def read(text: str, **settings: Any) -> str:
    moment_read = moment(text, **({"zone": HELSINKI, "now": NOW} | settings))
    return f"{moment_read.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-08-03T14:00:00Z", "2026-08-03 14:00:00"),
        ("2026-08-03t14:00:00z", "2026-08-03 14:00:00"),
        ("2026-08-03 14:00:00Z", "2026-08-03 14:00:00"),
        ("2026-08-03T14:00:00.987Z", "2026-08-03 14:00:00"),
        ("2026-08-03T14:00:00+03:00", "2026-08-03 11:00:00"),
        ("2026-08-03T14:00:00-09:30", "2026-08-03 23:30:00"),
        ("2026-08-03 14:00", "2026-08-03 11:00:00"),
        ("2026-08-03T14:00", "2026-08-03 11:00:00"),
        ("2026-08-03   14:00:30", "2026-08-03 11:00:30"),
        ("2026-08-03", "2026-08-02 21:00:00"),
        ("2026-01-03 14:00", "2026-01-03 12:00:00"),
        ("+2h", "2026-08-05 11:30:00"),
        ("+1d12h", "2026-08-06 21:30:00"),
        ("+90m", "2026-08-05 11:00:00"),
        ("+1w", "2026-08-12 09:30:00"),
        ("fri 15:00", "2026-08-07 12:00:00"),
        ("Friday 15:00", "2026-08-07 12:00:00"),
        ("WED 15:00", "2026-08-05 12:00:00"),
        ("wednesday 12:30", "2026-08-12 09:30:00"),
        ("wed 9:00", "2026-08-12 06:00:00"),
        ("tue 00:00", "2026-08-10 21:00:00"),
    ],
)
def test_a_time_that_lies_ahead(text: str, utc: str) -> None:
    assert read(text) == utc


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("30d", "2026-07-06 09:30:00"),
        ("1d12h", "2026-08-03 21:30:00"),
        ("+2h", "2026-08-05 11:30:00"),
        ("fri 15:00", "2026-07-31 12:00:00"),
        ("wed 9:00", "2026-08-05 06:00:00"),
        ("wed 12:30", "2026-08-05 09:30:00"),
        ("wed 13:00", "2026-07-29 10:00:00"),
    ],
)
def test_a_time_of_a_list_that_looks_back(text: str, utc: str) -> None:
    assert read(text, looking_back=True) == utc


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-08-03", "2026-08-03 21:00:00"),
        (" 2026-08-03 ", "2026-08-03 21:00:00"),
        ("2026-03-29", "2026-03-29 21:00:00"),
        ("2026-10-25", "2026-10-25 22:00:00"),
        ("2026-08-03 00:00", "2026-08-02 21:00:00"),
        ("2026-08-03T00:00:00Z", "2026-08-03 00:00:00"),
        ("1d", "2026-08-04 09:30:00"),
    ],
)
def test_a_day_alone_as_the_end_of_a_time_is_all_of_that_day(text: str, utc: str) -> None:
    assert read(text, looking_back=True, whole_day=True) == utc


def test_the_last_day_of_the_calendar_has_no_end() -> None:
    with pytest.raises(ValueError, match="further away"):
        read("9999-12-31", whole_day=True)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "tomorrow", "15:00", "fri", "fri 25:00", "fri 15:60", "fryday 15:00", "frinesday 15:00"),
        *("2h", "30d", "-2h", "+", "+2", "+2y", "+9999999d", "2026-02-30", "2026-08-03 24:00", "2026-13-01T00:00:00Z"),
        *("2026-08-03T14:00:00+25:00", "2026-08-03T14:00+3", "03.08.2026", "1785754800", "２026-08-03", "+٢h"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        read(text)


def test_a_time_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="further away"):
        read("+999999w999999w")
    with pytest.raises(ValueError, match="further away"):
        read("999999d", looking_back=True)


def test_an_hour_that_the_clocks_leave_out_is_refused() -> None:
    with pytest.raises(ValueError, match="put forward"):
        read("2026-03-29 03:30")


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    assert read("2026-10-25 03:30") == "2026-10-25 00:30:00"


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 1, 1)))  # noqa: DTZ001
def test_a_wall_clocks_time_is_read_as_it_is_shown(local: datetime) -> None:
    local = local.replace(second=0, microsecond=0)
    try:
        found = moment(f"{local:%Y-%m-%d %H:%M}", zone=HELSINKI, now=NOW)
    except ValueError as error:
        assert "put forward" in str(error)  # noqa: PT017
        return
    assert found.replace(tzinfo=None) == local


@given(st.text(max_size=30))
def test_no_text_is_worse_than_refused(text: str) -> None:
    try:
        moment(text, zone=HELSINKI, now=NOW, looking_back=True)
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017


def test_how_a_time_was_read_is_told_and_sent_as_utc_seconds(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.pend"] = lambda _: ticket()
    ended = cli("ticket", "pend", "12", "--until", "2026-08-07 15:00")
    assert desk.asked("ticket.pend") == [{"ticket": 12, "until": 1786104000}]
    assert "“2026-08-07 15:00” is Fri 2026-08-07 15:00 EEST (2026-08-07T12:00:00Z)" in ended.err


@pytest.mark.parametrize(
    ("line", "operation"),
    [
        (("ticket", "list"), "ticket.list"),
        (("audit", "list"), "audit.list"),
        (("report", "fairness"), "report.fairness"),
        (("report", "handovers"), "report.handovers"),
        (("report", "promises"), "report.promises"),
    ],
)
def test_a_list_and_a_report_until_a_day_have_that_day_in_them(
    desk: FakeDesk, cli: Cli, line: tuple[str, ...], operation: str
) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("enough", "What was asked has been seen.")

    desk.answers[operation] = answer
    cli(*line, "--since", "2026-08-03", "--until", "2026-08-03")
    [parameters] = desk.asked(operation)
    assert parameters["until"] - parameters["since"] == 86400


def test_a_zone_that_the_machine_does_not_know_is_told(desk: FakeDesk, cli: Cli) -> None:
    desk.config.write_text('[desk]\nzone = "Europe/Atlantis"\n')
    ended = cli("ticket", "list", "--since", "30d")
    assert ended.code == 2
    assert "Europe/Atlantis" in ended.err
