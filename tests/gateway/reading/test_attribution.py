"""“On Monday … Ann wrote:” as programs write it, and sentences that only look so."""

from __future__ import annotations

import pytest

from spocd.gateway.reading.attribution import begin
from spocd.gateway.reading.visible import visible

# Gmail, Apple Mail, Thunderbird, K-9, mutt, Evolution, Zimbra, Zoho, Notes, The Bat, Yahoo, Proton and the large web
# mailers, each in the languages that it speaks.
PROGRAMS = """
On Mon, Jun 2, 2025 at 10:00 AM IT Desk <desk@example.com> wrote:
Am Mo., 2. Juni 2025 um 10:00 Uhr schrieb IT Desk <desk@example.com>:
Den man. 2. jun. 2025 kl. 10.00 skrev IT Desk <desk@example.com>:
man. 2. juni 2025 kl. 10:00 skrev IT Desk <desk@example.com>:
ma 2. kesäk. 2025 klo 10.00 IT Desk (desk@example.com) kirjoitti:
пн, 2 июн. 2025 г. в 10:00, IT Desk <desk@example.com>:
El lun, 2 jun 2025 a las 10:00, IT Desk (<desk@example.com>) escribió:
Il giorno lun 2 giu 2025 alle ore 10:00 IT Desk <desk@example.com> ha scritto:
Em seg., 2 de jun. de 2025 às 10:00, IT Desk <desk@example.com> escreveu:
Op ma 2 jun 2025 om 10:00 schreef IT Desk <desk@example.com>:
pon., 2 cze 2025 o 10:00 IT Desk <desk@example.com> napisał(a):
po 2. 6. 2025 v 10:00 odesílatel IT Desk <desk@example.com> napsal:
IT Desk <desk@example.com> ezt írta (időpont: 2025. jún. 2., H, 10:00):
IT Desk <desk@example.com>, 2 Haz 2025 Pzt, 10:00 tarihinde şunu yazdı:
În lun., 2 iun. 2025 la 10:00, IT Desk <desk@example.com> a scris:
Στις Δευ 2 Ιουν 2025 στις 10:00 π.μ., ο/η IT Desk <desk@example.com> έγραψε:
пн, 2 черв. 2025 р. о 10:00 IT Desk <desk@example.com> пише:
2025-06-02, pr, 10:00 IT Desk <desk@example.com> rašė:
pirmd., 2025. g. 2. jūn., plkst. 10:00 — lietotājs IT Desk (<desk@example.com>) rakstīja:
Kuupäev E, 2. juuni 2025 kell 10:00 kirjutas kasutaja IT Desk <desk@example.com>:
2025年6月2日(月) 10:00 IT Desk <desk@example.com>:
2025년 6월 2일 (월) 오전 10:00, IT Desk <desk@example.com>님이 작성:
IT Desk <desk@example.com> 于2025年6月2日周一 10:00写道：
IT Desk <desk@example.com> 於 2025年6月2日 週一 上午10:00寫道：
On Jun 2, 2025, at 10:00, IT Desk <desk@example.com> wrote:
Op 2 jun. 2025 om 10:00 heeft IT Desk <desk@example.com> het volgende geschreven:
Le 2 juin 2025 à 10:00, IT Desk <desk@example.com> a écrit :
No dia 02/06/2025, às 10:00, IT Desk <desk@example.com> escreveu:
2025/06/02 10:00、IT Desk <desk@example.com>のメール:
IT Desk <desk@example.com> kirjoitti 2.6.2025 kello 10.00:
Wiadomość napisana przez IT Desk <desk@example.com> w dniu 2 cze 2025, o godz. 10:00:
2. 6. 2025 v 10:00, IT Desk <desk@example.com>:
2 июня 2025 г., в 10:00, IT Desk <desk@example.com> написал(а):
IT Desk <desk@example.com> şunları yazdı (2 Haz 2025 10:00):
On 02/06/2025 10:00, IT Desk wrote:
Am 02.06.25 um 10:00 schrieb IT Desk:
Le 02/06/2025 à 10:00, IT Desk a écrit :
Il 02/06/2025 10:00, IT Desk ha scritto:
Op 02-06-2025 om 10:00 schreef IT Desk:
El 2/6/25 a las 10:00, IT Desk escribió:
Em 02/06/2025 10:00, IT Desk escreveu:
W dniu 02.06.2025 o 10:00, IT Desk pisze:
02.06.2025 10:00, IT Desk пишет:
Den 02.06.2025 10:00, skrev IT Desk:
IT Desk kirjoitti 2.6.2025 klo 10.00:
Dne 02. 06. 25 v 10:00 IT Desk napsal(a):
2025. 06. 02. 10:00 keltezéssel, IT Desk írta:
在 2025/6/2 10:00, IT Desk 写道:
2025. 6. 2. 오전 10:00에 IT Desk 이(가) 쓴 글:
2.06.2025 10:00 tarihinde IT Desk yazdı:
Am 2. Juni 2025 10:00:00 MESZ schrieb IT Desk <desk@example.com>:
On Mon, Jun 02, 2025 at 10:00:00AM +0200, IT Desk wrote:
On Mon, 2025-06-02 at 10:00 +0200, IT Desk wrote:
----- On Jun 2, 2025, at 10:00 AM, IT Desk desk@example.com wrote:
---- On Mon, 02 Jun 2025 10:00:00 +0200 IT Desk <desk@example.com> wrote ----
IT Desk/ACME wrote on 02.06.2025 10:00:00:
desk@example.com schrieb am 02.06.2025 10:00:00:
Monday, June 2, 2025, 10:00:00 AM, you wrote:
Вы писали 2 июня 2025 г., 10:00:00:
On 2 Jun 2025, 10:00 +0200, IT Desk <desk@example.com>, wrote:
On Mon, Jun 02, 2025 at 10:00 AM, IT Desk < desk@example.com > wrote:
Понедельник, 2 июня 2025, 10:00 +03:00 от IT Desk <desk@example.com>:
02.06.2025, 10:00, "IT Desk" <desk@example.com>:
10:00, 2 июня 2025 г., IT Desk <desk@example.com>:
At 2025-06-02 10:00:00, "IT Desk" <desk@example.com> wrote:
在 2025-06-02 10:00:00，"IT Desk" <desk@example.com> 写道：
Dnia 2 czerwca 2025 10:00 IT Desk <desk@example.com> napisał(a):
On Monday, June 2nd, 2025 at 10:00, IT Desk <desk@example.com> wrote:
Am 02.06.25, 10:00 schrieb "IT Desk" <desk@example.com>:
Dňa 2. 6. 2025 o 10:00 IT Desk napísal(a):
On 2025-06-02 10:00, IT Desk wrote:
Am 02.06.2025 10:00, schrieb IT Desk:
Mánudaginn 2. júní 2025 kl. 10:00 skrifaði IT Desk <desk@example.com>:
På mandag den 2. juni 2025, 10.00.00 CEST, skrev IT Desk <desk@example.com>:
Am Montag, 2. Juni 2025, 10:00:00 CEST schrieb IT Desk:
*On Mon, Jun 2, 2025 at 10:00 AM IT Desk <desk@example.com> wrote:*
On Jun 2, 10:00 am, IT Desk <desk@example.com> wrote:
---- El lun, 02 jun 2025 10:00:00 +0200 IT Desk <desk@example.com> escribió ----
El El lun, 2 de junio de 2025 a la(s) 10:00 a.m., IT Desk <desk@example.com> escribió:
في الاثنين، ٢ يونيو ٢٠٢٥ ١٠:٠٠ ص IT Desk <desk@example.com> كتب:
Vào Th 2, 2 thg 6, 2025 vào lúc 10:00 IT Desk <desk@example.com> đã viết:
IT Desk <desk@example.com> schrieb:
"""
RIGHT_TO_LEFT = "‫בתאריך יום ב׳, 2 ביוני 2025 ב-10:00 מאת ‪IT Desk‬‏ <‪desk@example.com‬‏>:‬"

THAI = "เมื่อ จ. 2 มิ.ย. 2025 เวลา 10:00 IT Desk <desk@example.com> เขียนว่า:"


@pytest.mark.parametrize("sentence", [*PROGRAMS.strip().split("\n"), RIGHT_TO_LEFT, THAI])
@pytest.mark.parametrize(
    "history",
    ["> Does it?\n> The desk\n", "\n> Does it?\n", "\nDoes it?\n\nThe desk\n"],
    ids=["quoted", "blank", "unmarked"],
)
def test_an_attribution_and_what_is_below_are_history(sentence: str, history: str) -> None:
    assert visible(f"It works.\n\n{sentence}\n{history}") == "It works."


@pytest.mark.parametrize("sentence", PROGRAMS.strip().split("\n"))
def test_one_that_was_broken_over_two_lines_is_cut_off_whole(sentence: str) -> None:
    words = sentence.split()
    middle = len(words) // 2
    broken = " ".join(words[:middle]) + "\n" + " ".join(words[middle:])
    assert visible(f"It works.\n\n{broken}\n> Does it?\n") == "It works."


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        pytest.param(["On Mon, 2 Jun 2025 10:00:00 +0200", "IT <desk@example.com> wrote:"], 0, id="before the name"),
        pytest.param(["On Mon, 2 Jun 2025 at 10:00, IT <", "desk@example.com> wrote:"], 0, id="in the angles"),
        pytest.param(
            ["Works!", "On Mon, 2 Jun 2025 at 10:00, IT", "<desk@example.com>", "wrote:"], 1, id="three lines"
        ),
        pytest.param(
            ["It works now", "Am 02.06.25 um 10:00 schrieb IT:"], 1, id="a sentence above without a full stop"
        ),
        pytest.param(["It works now", "", "On Mon, 2 Jun 2025 at 10:00, IT wrote:"], 2, id="a blank line above"),
    ],
)
def test_it_begins_where_the_program_began(lines: list[str], first: int) -> None:
    assert begin(lines, len(lines) - 1) == first


@pytest.mark.parametrize(
    "sentence",
    [
        "IT Desk wrote:",
        "ann writes:",
        "Quoting IT Desk <desk@example.com>:",
        "Zitat von IT Desk <desk@example.com>:",
        "El jueves, 2 de junio de 2025, Ann escribió:",
        "понедельник, 2 июня 2025 г. пользователь Анна написал:",
    ],
)
def test_with_a_quote_below_less_is_enough(sentence: str) -> None:
    assert visible(f"It works.\n\n{sentence}\n> Does it?\n") == "It works."
    assert "Does it?" in visible(f"Hello\n\n{sentence}\nDoes it?\n")


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nOn Monday I wrote to ann@example.org:\nplease send the key.\nShe never did.",
        "Hello,\n\nOn 2 June 2025 at 10:00 I wrote to Ann:\nplease send the key.\n\nShe never did.",
        "Hallo,\n\nam 02.06.2025 um 10:00 schrieb ich:\nbitte den Schlüssel senden.\nNichts.",
        "Hej,\n\nden 2. juni 2025 kl. 10.00 skrev jeg:\nsend nøglen.\nIntet skete.",
        "Hello\n\nAnn wrote:\nit is broken",
        "I agree.\n\nAs Ann wrote:\n> it is broken\n\nWhat now?",
        "The times are:\n10:00 Ann\n11:00 Bo\n\nOn Tuesday 3 June 2025 at 12:00:\n- lunch",
        "Hi\n\nMeeting at 10:00 on 2 June 2025 with:\n- Ann <ann@example.org>\n- Bo",
        "Please invite for 2 June 2025 10:00 Ann Berg <ann@example.org>:\nroom 3",
        "The log says:\n2025-06-02 10:00:00 error: no paper\n2025-06-02 10:01:00 error: no toner",
        "On the whole it works.\nOn average:\nfine.",
        "-- none of these --\nAnn wrote --\nmore",
    ],
)
def test_sentences_of_people_are_kept(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("sentence", ["2025/6/2 IT Desk <desk@example.com>", "2025-06-02 IT <desk@example.com>"])
def test_a_date_and_an_address_above_a_quote_are_one_without_a_colon(sentence: str) -> None:
    assert visible(f"It works.\n{sentence}\n\n> Does it?\n") == "It works."
    assert sentence in visible(f"It works.\n{sentence}\n\nDoes it?\n")


@pytest.mark.parametrize("between", [" ", "--- ", "\u00a0", "   "])
@pytest.mark.parametrize(
    "sentence",
    [
        "On Mon, Jun 2, 2025 at 10:00 AM, IT <desk@example.com> wrote:",
        "Am 02.06.2025 um 10:00 schrieb IT <desk@example.com>:",
        "Den mån 2 juni 2025 kl 10:00 skrev IT <desk@example.com>:",
    ],
)
def test_what_somebody_wrote_on_the_line_of_the_attribution_is_kept(sentence: str, between: str) -> None:
    assert visible(f"It works. Thanks{between}{sentence}\n> Does it?\n") == "It works. Thanks"
    assert visible(f"It works.\nThanks{between}{sentence}\n\nDoes it?\n") == "It works.\nThanks"


@pytest.mark.parametrize("below", ["IT wrote:\n\nDoes it?\n", "desk@example.com wrote:\n\nDoes it?\n"])
def test_below_a_telephones_advertisement_less_is_enough(below: str) -> None:
    assert visible(f"It works.\nSent from my iPhone\n\n{below}") == "It works."
    assert "Does it?" in visible(f"It works.\n\n{below}")


def test_what_stands_below_a_first_attribution_may_be_new() -> None:
    text = "On Mon, 2 Jun 2025 at 10:00, IT <desk@example.com> wrote:\n\nprint 1\n\nIt should be:\n\nprint 2\n"
    assert visible(text) == "print 1\n\nIt should be:\n\nprint 2"
