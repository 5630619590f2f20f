"""HTML as text: what a person sees, and nothing of what only machines do."""

from __future__ import annotations

import time

import pytest

from spocd.gateway.reading import marks
from spocd.gateway.reading.html import to_text
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param('<div style="display:none">preview</div>seen', "seen", id="the preview of a newsletter"),
        pytest.param('<p style="mso-hide:all">x</p><p hidden>y</p>seen', "seen", id="for one program"),
        pytest.param('<div style="max-height:0;overflow:hidden"><div>x</div>y</div>seen', "seen", id="of no height"),
        pytest.param('<span style="font-size:0">x</span>seen', "seen", id="of no size"),
        pytest.param('<span style="color:#FFF;background:#ffffff">x</span>seen', "seen", id="white on white"),
        pytest.param('<font color="white">x</font>seen', "seen", id="white on a page without colours"),
        pytest.param("<!--[if mso]>x<![endif]--><![if !mso]>seen<![endif]>", "seen", id="conditional comments"),
        pytest.param("seen<o:p></o:p>", "seen", id="marks of Office"),
        pytest.param('<img src="http://x.example/p.gif" width="1" height="1" alt="p">seen', "seen", id="a pixel"),
        pytest.param("<style>x</style><script>y</script><svg><text>z</text></svg>seen", "seen", id="no text at all"),
        pytest.param("a\u200b\ufeff\u00adb &zwnj;&nbsp;<br>seen", "ab\nseen", id="characters without width"),
    ],
)
def test_what_nobody_sees_is_no_text(markup: str, text: str) -> None:
    assert to_text(markup).replace("\u200c", "").replace(" \n", "\n") == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param('<div style="display:none">pre<p>words', "pre\n\nwords", id="hidden without an end"),
        pytest.param(
            '<td style="font-size:0"><div style="font-size:13px">words</div></td>', "words", id="no size, but"
        ),
        pytest.param('<td bgcolor="#048"><a style="color:#fff" href="#">Pay</a></td>', "Pay", id="white on blue"),
        pytest.param('<p style="display:block;opacity:0.9">words', "words", id="nearly the words of hiding"),
        pytest.param('<p class="hidden-xs" style="font-size:0.9em">words</p>', "words", id="a class of that name"),
        pytest.param('<p style="line-height:0;max-height:0.5em">words</p>', "words", id="little height"),
        pytest.param('<div style="display:none">a<div>b</div></div></div>words', "words", id="an end too many"),
    ],
)
def test_a_sentence_that_may_be_seen_is_kept(markup: str, text: str) -> None:
    assert to_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('<a href="https://x.example/a">Here</a> it is', "Here <https://x.example/a> it is"),
        ('<a href="https://www.x.example/">x.example</a>', "x.example"),
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        ('<a href="mailto:ann@x.example?subject=s">Ann</a>', "Ann"),
        ('<a href="mailto:ann@x.example">Ann</a>', "Ann <ann@x.example>"),
        ('<a href="mailto:ann@x.example">ann@x.example</a>', "ann@x.example"),
        ('<a href="https://x.example/a">A</a> <a href="https://x.example/a">B</a>', "A <https://x.example/a> B"),
        ('<a href="javascript:alert(1)">A</a><a href="#top">B</a><a name=c>C</a>', "ABC"),
        (f'<a href="https://x.example/{"a" * 200}">A</a>', "A"),
        ('<a href="https://x.example/a"><img src=x></a>done', "done"),
        ('<img alt="Our logo" src="cid:1"> Ann', "Our logo Ann"),
    ],
)
def test_a_link_is_told_once_where_its_text_does_not(markup: str, text: str) -> None:
    assert to_text(markup) == text


def test_a_page_of_links_is_no_letter() -> None:
    page = to_text("".join(f'<p><a href="https://x.example/{n}">{n}</a></p>' for n in range(50)))
    assert page.count("https://") == 10


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n  * b\n* c"),
        ("<ul><li><p>a</p></li></ul>", "* a"),
        ("<table><tr><th>Name<th>Age</tr><tr><td>Ann</td><td>5</td></tr></table>", "Name Age\nAnn 5"),
        ("<p>a</p><hr><p>b</p>", "a\n\nb"),
        ("<p>a</p><p>&nbsp;</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("a&nbsp;&nbsp;b&#160;c", "a  b c"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0">indented</blockquote>', "indented"),
        ('<blockquote style="border:none;border-left:solid #CCC 1pt">quoted</blockquote>', "> quoted"),
        ('<blockquote type="cite"><p>a</p><p>b</p></blockquote>', "> a\n>\n> b"),
        ("</blockquote></ul></li>a", "a"),
        ("&#x91;a&#146; &#0;&#xfdd0;&#55555555;", "‘a’ \ufffd&#55555555;"),
        ("<a title='>'>a</a>", "a"),
        ("a <3 b", "a <3 b"),
    ],
)
def test_a_page_keeps_its_shape(markup: str, text: str) -> None:
    assert to_text(markup) == text


@pytest.mark.parametrize("attributes", ["id=appendonsend", 'class="gmail_attr"', 'class="gmail_signature"'])
def test_the_places_that_programs_name_are_marked_and_the_text_is_not(attributes: str) -> None:
    found = marks.mark("div", attributes)
    assert found
    page = to_text(f"<div>new<div {attributes}>old<div>older</div></div>after</div>")
    closing = [found.closing] if found.closing else []
    assert page.split("\n") == ["new", found.opening, "old", "older", *closing, "after"]
    assert marks.unmarked(page) == "new\nold\nolder\nafter"
    assert read_mail(mail("Content-Type: text/html", body=f"<div {attributes}>old</div>")).text == "old\n"


def test_nobody_can_write_a_mark() -> None:
    body = f"one\n{marks.HISTORY}\ntwo\n"
    assert marks.HISTORY not in to_text(f"{marks.HISTORY}&#xfdd0;")
    for line in ("text/plain", "text/html"):
        assert "two" in read_mail(mail(f"Content-Type: {line}; charset=utf-8", body=body)).visible_text


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param('<div class="gmail_quote">' * 40_000 + "</div>" * 40_000, id="marks in marks"),
        pytest.param('<div class="gmail_attr">' * 30_000 + "</p>" * 30_000, id="ends of what is not open"),
        pytest.param('<p style="display:none">' * 40_000, id="hidden in hidden"),
        pytest.param('<a href="http://x.example/">' * 40_000, id="links in links"),
        pytest.param("<ul><li>" * 60_000 + "</ul>" * 60_000, id="lists in lists"),
        pytest.param("<p " + "a='b' " * 150_000, id="attributes without an end"),
        pytest.param("<p " + "'" * 1_000_000, id="quotes"),
        pytest.param('<p a="' + "'>" * 400_000, id="quotes in quotes"),
        pytest.param("<p style='" + "display " * 100_000 + "'>x", id="a long style"),
        pytest.param("<p>&nbsp;" * 100_000, id="empty paragraphs"),
        pytest.param("\xa0 " * 500_000, id="blanks"),
        pytest.param('<span style="font-size:0">' * 40_000, id="no size in no size"),
    ],
)
def test_the_worst_pages_take_linear_time(markup: str) -> None:
    began = time.process_time()
    to_text(markup)
    assert time.process_time() - began < 3  # most take 0.3 s on a quiet machine; a quadratic step takes minutes
