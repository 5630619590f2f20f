"""History and signatures that only the markup of a page shows."""

from __future__ import annotations

import pytest

from spocd.gateway.reading import inspect, marks
from spocd.gateway.reading.visible import visible


def html(page: str, kind: str = "html") -> dict[str, object]:
    return inspect(f"From: a@x.org\nContent-Type: text/{kind}; charset=utf-8\n\n{page}\n".encode())


COPY = "<p><b>Feladó:</b> IT &lt;d@x.org&gt;<br><b>Tárgy:</b> Nyomtató</p><p>Jó már?</p>"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(f'<p>Works.</p><div id="appendonsend"></div><hr>{COPY}', id="Outlook on the web"),
        pytest.param(f'<p>Works.</p><div id="divRplyFwdMsg">{COPY}</div>', id="Outlook on the web, the header"),
        pytest.param(f'<p>Works.</p><div id="x_divRplyFwdMsg">{COPY}</div>', id="renamed by Outlook"),
        pytest.param(
            f'<p>Works.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3pt">{COPY}</div>',
            id="Outlook",
        ),
        pytest.param(f'<p>Works.</p><div id="mail-editor-reference-message-container">{COPY}</div>', id="new Outlook"),
        pytest.param(f'<p>Works.</p><div class="yahoo_quoted" id="yahoo_quoted_1">{COPY}</div>', id="Yahoo"),
        pytest.param(f'<p>Works.</p><div class="moz-forward-container">{COPY}</div>', id="Thunderbird"),
        pytest.param(
            f'<p>Works.</p><div class="gmail_attr">IT ta de:</div><blockquote>{COPY}</blockquote>', id="Gmail"
        ),
        pytest.param(f'<p>Works.</p><hr id="zwchr" data-marker="__DIVIDER__"><div>{COPY}</div>', id="Zimbra"),
        pytest.param(f'<p>Works.</p><hr data-marker="__DIVIDER__"/>{COPY}', id="Zimbra without a name"),
        pytest.param('<div>Works.</div><div name="messageSignatureSection">Ann<br>ACME</div>', id="Spark's signature"),
        pytest.param('<div>Works.</div><div id="composer_signature">Ann<br>ACME</div>', id="Samsung's signature"),
        pytest.param('<p>Works.</p><pre class="moz-signature">-- <br>Ann</pre>', id="Thunderbird's signature"),
        pytest.param('<p>Works.</p><div class="gmail_signature">Ann<br>ACME</div>', id="Gmail's signature"),
        pytest.param('<p>Works.</p><div id="Signature"><p>Ann</p><p>ACME</p></div>', id="Outlook's signature"),
    ],
)
def test_what_the_markup_calls_history_or_signature_is_left_out(page: str) -> None:
    assert html(page)["visible_text"] == "Works."


def test_answers_below_and_between_are_kept() -> None:
    below = html('<div class="yahoo_quoted">2025.06.02 10:00 IT &lt;d@x.org&gt;:<br>One?</div><p>Works.</p>')
    assert below["visible_text"] == "Works."
    between = html(
        '<div class="gmail_attr">IT ta de:</div><blockquote>One?</blockquote>Yes.<blockquote>Two?</blockquote>No.'
    )
    assert [line for line in str(between["visible_text"]).split("\n") if line] == [
        "> IT ta de:",
        "> One?",
        "Yes.",
        "> Two?",
        "No.",
    ]


def test_a_page_that_is_all_marked_is_shown() -> None:
    assert html('<div class="gmail_signature">Please call me.</div>')["visible_text"] == "Please call me."
    assert "Jó már?" in str(html(f'<div id="divRplyFwdMsg">{COPY}</div>')["visible_text"])


def test_a_long_text_inside_of_a_signature_is_kept() -> None:
    page = '<p>Hi.</p><div class="gmail_signature">' + "<p>One more thing.</p>" * 30 + "</div>"
    assert "One more thing." in str(html(page)["visible_text"])


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_nobody_can_hide_text_with_the_marks(kind: str) -> None:
    text = f"Hi.\n{marks.REST}\nPay now.\n{marks.SIGNATURE}\nOr else.\n{marks.SIGNATURE_END}\n&#xFDD4;\n"
    reading = html(text, kind)
    for field in ("text", "visible_text"):
        assert "Pay now." in str(reading[field])
        assert "Or else." in str(reading[field])
        assert not set(str(reading[field])) & marks.ALL


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("div", ' class="gmail_quote"'),
        ("div", ' title="yahoo_quoted"'),
        ("a", ' id="appendonsend"'),
        ("div", ' style="border-top:1px solid red"'),
        ("div", ' class="signatures-we-collect"'),
        ("div", ""),
    ],
)
def test_other_elements_have_no_mark(name: str, attributes: str) -> None:
    assert marks.mark(name, attributes) is None


def test_marks_of_a_text_are_lines_of_their_own() -> None:
    text = f"new\n{marks.HISTORY}\nold\n{marks.HISTORY_END}\nmore\n{marks.REST}\nolder"
    assert visible(text) == "new\n> old\nmore"
    assert marks.unmarked(text) == "new\nold\nmore\nolder"
