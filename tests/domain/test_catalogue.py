"""Texts in several languages, and the hours of a week."""

from __future__ import annotations

import pytest

from spocd.domain.catalogue import minutes, span, text_for, week, written_week


@pytest.mark.parametrize(
    ("texts", "language", "words"),
    [
        pytest.param({"en": "Printers", "da": "Printere"}, "da", "Printere", id="the reader's language"),
        pytest.param({"da": "Printere", "en": "Printers"}, "fi", "Printers", id="English where theirs is missing"),
        pytest.param({"da": "Printere", "sv": "Skrivare"}, "fi", "Printere", id="else the first that there is"),
        pytest.param({"da": "Printere", "en": "Printers"}, None, "Printers", id="nobody knows their language"),
        pytest.param({"da": "", "en": "Printers"}, "da", "Printers", id="an empty text is none"),
        pytest.param({}, "da", "", id="no text at all"),
    ],
)
def test_a_text_is_in_the_language_of_its_reader_where_it_can_be(
    texts: dict[str, str], language: str | None, words: str
) -> None:
    assert text_for(texts, language) == words


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        pytest.param({"mon": "08:00-16:00"}, {"mon": [["08:00", "16:00"]]}, id="a day"),
        pytest.param(
            {"mon-tue": "08:00-12:00, 13:00-16:00"},
            {"mon": [["08:00", "12:00"], ["13:00", "16:00"]], "tue": [["08:00", "12:00"], ["13:00", "16:00"]]},
            id="two days with a break",
        ),
        pytest.param(
            {"tue": "09:00-24:00", "mon": "00:00-24:00"},
            {"mon": [["00:00", "24:00"]], "tue": [["09:00", "24:00"]]},
            id="in the order of the week",
        ),
        pytest.param({"mon": "08:00-12:00,12:00-13:00"}, {"mon": [["08:00", "12:00"], ["12:00", "13:00"]]}, id="meet"),
        pytest.param({}, {}, id="never"),
    ],
)
def test_hours_are_read_as_people_write_them(written: dict[str, str], hours: dict[str, list[list[str]]]) -> None:
    assert week(written) == hours
    assert list(week(written)) == list(hours)
    assert week(written_week(hours)) == hours


@pytest.mark.parametrize(
    ("hours", "written"),
    [
        ({day: [["08:00", "16:00"]] for day in ("mon", "tue", "wed")}, {"mon-wed": "08:00-16:00"}),
        ({day: [["08:00", "16:00"]] for day in ("mon", "wed")}, {"mon": "08:00-16:00", "wed": "08:00-16:00"}),
        ({"mon": [["08:00", "16:00"]], "tue": [["08:00", "15:00"]]}, {"mon": "08:00-16:00", "tue": "08:00-15:00"}),
        ({"mon": [], "sun": [["10:00", "12:00"], ["13:00", "14:00"]]}, {"sun": "10:00-12:00, 13:00-14:00"}),
    ],
)
def test_days_that_follow_each_other_with_the_same_hours_are_written_together(
    hours: dict[str, list[list[str]]], written: dict[str, str]
) -> None:
    assert written_week(hours) == written


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"monday": "08:00-16:00"}, "names the day .monday."),
        ({"mon-": "08:00-16:00"}, 'names the day ""'),
        ({"fri-mon": "08:00-16:00"}, "from a later day to an earlier one"),
        ({"mon-fri": "08:00-16:00", "wed": "08:00-12:00"}, "names wed twice"),
        ({"mon": "8-16"}, 'has "8-16" on mon; write'),
        ({"mon": "08:00"}, 'has "08:00" on mon; write'),
        ({"mon": ""}, 'has "" on mon; write'),
        ({"mon": "08:00-25:00"}, 'has "08:00-25:00" on mon; write'),
        ({"mon": "16:00-08:00"}, "ends before it begins"),
        ({"mon": "08:00-08:00"}, "ends before it begins"),
        ({"mon": "08:00-12:00, 11:00-16:00"}, "overlap or are out of order"),
        ({"mon": "13:00-16:00, 08:00-12:00"}, "overlap or are out of order"),
    ],
)
def test_hours_that_cannot_be_are_refused_with_the_reason(written: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        week(written)


def test_a_span_may_go_over_midnight() -> None:
    assert span("18:00-07:00") == ("18:00", "07:00")
    assert minutes("07:30") == 450


@pytest.mark.parametrize("text", ["18:00", "18-07", "18:00-", "-", "24:01-01:00"])
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        span(text)
