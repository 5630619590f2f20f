"""desk.toml as text: whatever an entry may hold is written so that it is read again as the same, and in one form."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spocd.config.desk_entries import defaults
from spocd.config.desk_file import read, render
from spocd.domain.desk_file import merged

LANGUAGES = st.sampled_from(["da", "de", "en", "fi", "ru", "sv"])
LINE = st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and text.isprintable())
PROSE = st.text(alphabet=st.sampled_from("aé\"'\\\t\n #={}[]🙂"), max_size=60)
TEXTS = st.one_of(LINE, st.dictionaries(LANGUAGES, LINE, min_size=1))
PROSES = st.one_of(PROSE, st.dictionaries(LANGUAGES, PROSE))
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,10}", fullmatch=True)
WORDS = st.lists(KEYS, max_size=4)
ENTRIES = st.fixed_dictionaries(
    {
        "agents": st.dictionaries(
            st.from_regex(r"[a-z_][a-z0-9_.-]{0,10}", fullmatch=True),
            st.fixed_dictionaries(
                {"name": LINE},
                optional={"signature": PROSE, "tier": st.integers(1, 9), "skills": WORDS, "title": LINE},
            ),
            max_size=3,
        ),
        "services": st.dictionaries(
            KEYS,
            st.fixed_dictionaries(
                {"name": TEXTS},
                optional={"description": PROSES, "restricted": st.booleans(), "facts": st.lists(LINE, max_size=3)},
            ),
            max_size=3,
        ),
        "organisations": st.dictionaries(
            KEYS, st.fixed_dictionaries({"name": LINE}, optional={"briefing": PROSE}), max_size=3
        ),
    }
)


def made(text: str) -> dict[str, Any]:
    """The desk that a text makes of nothing."""
    entries = read(text, "desk.toml", {}, language="en", remove=True, own=lambda _: False)
    return merged({}, entries, defaults(), remove=True)


@given(ENTRIES)
def test_whatever_an_entry_holds_is_written_and_read_again_as_the_same(entries: dict[str, Any]) -> None:
    import tomli_w

    desk = made(tomli_w.dumps(entries))
    written = render(desk, language="en")
    assert made(written) == desk
    assert render(made(written), language="en") == written


def test_a_text_of_several_lines_is_written_so_that_people_can_read_it() -> None:
    desk = made('[canned.paper]\ntitle = "Paper"\nbody = "Hello,\\n\\nfill tray 2.\\n"\n')
    assert 'body = """\nHello,\n\nfill tray 2.\n"""\n' in render(desk, language="en")


def test_a_text_in_the_language_of_the_desk_alone_stands_plain() -> None:
    desk = made('[services.vpn]\nname = "VPN"\ndescription = { en = "In", da = "Ind" }\n')
    written = render(desk, language="en")
    assert 'name = "VPN"\n' in written
    assert '[services.vpn.description]\nda = "Ind"\nen = "In"\n' in written
    assert '[services.vpn.name]\nen = "VPN"\n' in render(desk, language="da")


def test_the_ends_of_lines_have_one_form() -> None:
    assert made('[canned.p]\ntitle = "P"\nbody = "a\\r\\nb\\rc"\n')["canned"]["p"]["body"] == {"en": "a\nb\nc"}
