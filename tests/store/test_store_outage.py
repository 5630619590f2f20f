"""An outage of the database is said when it begins, now and then while it lasts, and when it is over."""

from __future__ import annotations

import logging

import pytest

from spocd.store.outage import SELDOM, Outage


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock, caplog: pytest.LogCaptureFixture) -> Outage:
    caplog.set_level(logging.INFO)
    return Outage(clock)


def test_it_is_said_once_and_then_once_a_minute_with_a_count(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(700):
        outage.failed("connection refused")
        clock.now += SELDOM / 350
    outage.over()
    assert caplog.messages == [
        "the database failed: connection refused",
        "the database failed: connection refused; 349 more since the last such line",
        "the database works again after 120 s; 349 more could not be done meanwhile",
    ]


def test_the_lines_of_a_reason_become_one(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.failed("could not extend file\nDETAIL:  no space\nHINT:  Check free disk space.")
    assert caplog.messages == [
        "the database failed: could not extend file; DETAIL:  no space; HINT:  Check free disk space."
    ]


def test_what_works_is_not_said(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.over()
    outage.failed("gone")
    outage.over()
    outage.over()
    assert len(caplog.messages) == 2


def test_one_that_comes_and_goes_says_no_more_than_one_that_stays(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        outage.failed("reading fails")
        outage.over()
        clock.now += 1
    assert len(caplog.messages) == 2
    clock.now += SELDOM
    outage.failed("reading fails")
    assert caplog.messages[2] == "the database failed: reading fails; 49 more since the last such line"
