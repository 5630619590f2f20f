"""Dates as programs write them."""

from __future__ import annotations

import pytest

from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("Tue, 3 Mar 2020 09:05:06 +0100", "2020-03-03T08:05:06Z"),
        ("3 Mar 2020 09:05 -0330", "2020-03-03T12:35:00Z"),
        ("Tue, 3 Mar 2020 09:05:06 -0000", "2020-03-03T09:05:06Z"),
        ("Tue,3 Mar 20 9:05:06 GMT", "2020-03-03T09:05:06Z"),
        ("Tue, 3 Mar 99 09:05:06 GMT", "1999-03-03T09:05:06Z"),
        ("Tue, 3 Mar 120 09:05:06 GMT", "2020-03-03T09:05:06Z"),
        ("Tue Mar  3 09:05:06 2020", "2020-03-03T09:05:06Z"),
        ("Tue Mar 03 09:05:06 CET 2020", "2020-03-03T08:05:06Z"),
        ("Tue, 3 Mar 2020 09:05:06 EST", "2020-03-03T14:05:06Z"),
        ("Tue, 3 Mar 2020 09:05:06 +0100 (Mitteleuropäische Zeit)", "2020-03-03T08:05:06Z"),
        ("Tue, 3 Mar 2020 (a comment) 09:05:06 +0100", "2020-03-03T08:05:06Z"),
        ("Tue, 3 Mar 2020 09:05:06 GMT+01:00", "2020-03-03T08:05:06Z"),
        ("Tue, 3 Mar 2020 09.05.06 +0100", "2020-03-03T08:05:06Z"),
        ("Tue, 3 Mar 2020 9:5:6 +0000", "2020-03-03T09:05:06Z"),
        ("Tue, 3-Mar-2020 09:05:06 UTC", "2020-03-03T09:05:06Z"),
        ("Tue, 3 Mar 2020 09:05:06 PM -0500", "2020-03-04T02:05:06Z"),
        ("Tue, 3 Mar 2020 12:05:06 AM +0000", "2020-03-03T00:05:06Z"),
        ("March 3, 2020 9:05:06 AM", "2020-03-03T09:05:06Z"),
        ("2020-03-03T09:05:06+01:00", "2020-03-03T08:05:06Z"),
        ("2020-03-03 09:05:06.123 Z", "2020-03-03T09:05:06Z"),
        ("Tue, 3 Mar 2020 09:05:60 +0000", "2020-03-03T09:05:59Z"),
        ("Dienstag, 3. März 2020 09:05:06 +0100", "2020-03-03T08:05:06Z"),
        ("tis, 3 maj 2020 09:05:06 +0200", "2020-05-03T07:05:06Z"),
        ("ti, 3 marras 2020 09:05:06 +0200", "2020-11-03T07:05:06Z"),
        ("mar., 3 juil. 2020 09:05:06 +0200", "2020-07-03T07:05:06Z"),
        ("mar jul 03 09:05:06 CEST 2020", "2020-07-03T07:05:06Z"),
        ("вт, 3 мар 2020 09:05:06 +0300", "2020-03-03T06:05:06Z"),
        ("wt., 3 paź 2020 09:05:06 +0200", "2020-10-03T07:05:06Z"),
        # What could be two days, or none, is not guessed.
        ("3/2/2020 3:04:05 PM", None),
        ("Tue, 3 Mar 2020 25:05:06 +0100", None),
        ("Tue, 32 Mar 2020 09:05:06 +0100", None),
        ("Tue, 3 Mar 2020", None),
        ("Tue, 3 Mar 09:05:06 +0100", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_a_date_is_one_moment_or_a_warning(line: str, moment: str | None) -> None:
    reading = read_mail(mail(f"Date: {line}"))
    assert reading.date == moment
    assert ("The date of the mail cannot be read." in reading.warnings) is (moment is None)
