"""Mails that were copied below the new text, by their announcements and headers, and quotes."""

from __future__ import annotations

import pytest

from spocd.gateway.reading.visible import visible


@pytest.mark.parametrize(
    ("text", "new"),
    [
        pytest.param(
            (
                "直りました。\n\niPhoneから送信\n\n2025/06/02 10:00、IT Desk <desk@example.com>のメール:\n\n"
                "直りましたか？\n"
            ),
            "直りました。",
            id="apple ja no quote marks",
        ),
        pytest.param(
            (
                "直りました。\n\n________________________________\n差出人: IT Desk <desk@example.com>\n"
                "送信日時: 2025年6月2日 10:00\n宛先: Ann <ann@example.org>\n件名: [desk#12] プリンター\n\n"
                "直りましたか？\n"
            ),
            "直りました。",
            id="outlook ja",
        ),
        pytest.param(
            (
                "يعمل.\n\nمن: IT Desk <desk@example.com>\nتم الإرسال: 2 June 2025 10:00\n"
                "إلى: Ann <ann@example.org>\nالموضوع: الطابعة\n\nهل يعمل؟\n"
            ),
            "يعمل.",
            id="outlook ar",
        ),
        pytest.param(
            "Merci.\n\n========================================\n\nMessage du : 02/06/2025 10:00\n"
            'De : "IT" <desk@example.com>\nA : ann@example.org\nCopie à : \nSujet : x\n\nVieux\n',
            "Merci.",
            id="la poste",
        ),
        pytest.param(
            'Geht.\n-------- Ursprüngliche Nachricht --------Von: "IT"  Datum: 02.06.25  10:00  An: Ann\n\nGeht es?\n',
            "Geht.",
            id="samsung without the end of the line",
        ),
        pytest.param(
            "Works.\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nDoes it?\n", "Works.", id="proton with hyphens that are none"
        ),
        pytest.param(
            (
                "可以了。\n\n发件人: IT Desk <desk@example.com>\n发送时间: 2025年6月2日 10:00\n"
                "收件人: Ann <ann@example.org>\n主题: 回复: 打印机\n\n现在可以吗？\n"
            ),
            "可以了。",
            id="outlook zh",
        ),
        pytest.param(
            (
                "可以了。\n\n------------------ 原始邮件 ------------------\n"
                '发件人: "IT" <desk@example.com>;\n发送时间: 2025年6月2日(星期一) 上午10:00\n'
                '收件人: "Ann"<ann@example.org>;\n主题: 打印机\n\n现在可以吗？\n'
            ),
            "可以了。",
            id="qq",
        ),
        pytest.param(
            (
                "Funguje.\n\nOd: IT Desk <desk@example.com>\nOdesláno: pondělí 2. června 2025 10:00\n"
                "Komu: Ann <ann@example.org>\nPředmět: RE: Tiskárna\n\nFunguje?\n"
            ),
            "Funguje.",
            id="outlook cs",
        ),
        pytest.param(
            (
                "Działa.\n\n-----Wiadomość oryginalna-----\nOd: IT Desk\nWysłano: 2 czerwca 2025 10:00\n"
                "Do: Ann\nTemat: Drukarka\n\nDziała?\n"
            ),
            "Działa.",
            id="outlook pl",
        ),
        pytest.param(
            (
                "Läuft wieder.\n\nGesendet: Montag, 02. Juni 2025 um 10:00 Uhr\n"
                'Von: "IT Desk" <desk@example.com>\nAn: ann@example.org\nBetreff: Re: Drucker\n\nGeht es?\n'
            ),
            "Läuft wieder.",
            id="gmx de",
        ),
        pytest.param(
            (
                "Works again.\n\nFrom:\tIT Desk/ACME\nTo:\tAnn Berg/ACME@ACME\nDate:\t02-06-2025 10:00\n"
                "Subject:\tPrinter\n\n\n\nDoes it?\n"
            ),
            "Works again.",
            id="lotus notes",
        ),
        pytest.param(
            (
                "Works again.\n\nAnn\n\n>>> IT Desk <desk@example.com> 6/2/2025 10:00 AM >>>\n"
                "Does it work?\n\nThe desk\n"
            ),
            "Works again.\n\nAnn",
            id="groupwise",
        ),
        pytest.param(
            (
                "Works.\n\nSent from my Galaxy\n\n\n-------- Original message --------\n"
                "From: IT Desk <desk@example.com> \nDate: 02/06/2025  10:00  (GMT+01:00) \n"
                "To: ann@example.org \nSubject: Printer \n\nDoes it?\n"
            ),
            "Works.",
            id="samsung",
        ),
        pytest.param(
            "Работает.\n\n>Понедельник, 2 июня 2025, 10:00 +03:00 от IT Desk <desk@example.com>:\n>\n>Работает?\n",
            "Работает.",
            id="mail.ru",
        ),
        pytest.param(
            (
                "Hi,\n\nOn Mon, 2 Jun 2025 at 10:00, IT Desk <desk@example.com> wrote:\n> Which floor?\n\n"
                "The third.\n\n> Which printer?\n\nThe grey one.\n"
            ),
            (
                "Hi,\n\nOn Mon, 2 Jun 2025 at 10:00, IT Desk <desk@example.com> wrote:\n> Which floor?\n\n"
                "The third.\n\n> Which printer?\n\nThe grey one."
            ),
            id="inline answers",
        ),
        pytest.param(
            (
                "Toimii taas.\n\nHae Outlook for Android<https://aka.ms/AAb9ysg>\n"
                "________________________________\nLähettäjä: IT Desk <desk@example.com>\n"
                "Lähetetty: maanantai 2. kesäkuuta 2025 10.00\nVastaanottaja: Ann <ann@example.org>\n"
                "Aihe: Tulostin\n\nToimiiko?\n"
            ),
            "Toimii taas.",
            id="fi outlook mobile",
        ),
        pytest.param(
            (
                "Det virker nå.\n\nFra: IT Desk <desk@example.com>\nSendt: mandag 2. juni 2025 10:00\n"
                "Til: Ann Berg <ann@example.org>\nKopi: Bo <bo@example.org>\nEmne: SV: Skriver\n\n"
                "Virker den?\n"
            ),
            "Det virker nå.",
            id="outlook no",
        ),
        pytest.param(
            (
                "Çalışıyor.\n\nKimden: IT Desk <desk@example.com>\n"
                "Gönderildi: 2 Haziran 2025 Pazartesi 10:00\nKime: Ann\nKonu: YNT: Yazıcı\n\n"
                "Çalışıyor mu?\n"
            ),
            "Çalışıyor.",
            id="outlook tr",
        ),
        pytest.param(
            (
                "됩니다.\n\n보낸 사람: IT Desk <desk@example.com>\n"
                "보낸 날짜: 2025년 6월 2일 월요일 오전 10:00\n받는 사람: Ann\n제목: RE: 프린터\n\n되나요?\n"
            ),
            "됩니다.",
            id="outlook ko",
        ),
        pytest.param(
            (
                "Funciona.\n\nDe: IT Desk <desk@example.com>\n"
                "Enviada em: segunda-feira, 2 de junho de 2025 10:00\nPara: Ann\n"
                "Assunto: RES: Impressora\n\nFunciona?\n"
            ),
            "Funciona.",
            id="outlook pt",
        ),
        pytest.param(
            (
                "Funziona.\n\n*Da:* IT Desk <desk@example.com>\n*Inviato:* lunedì 2 giugno 2025 10:00\n"
                "*A:* Ann\n*Oggetto:* R: Stampante\n\nFunziona?\n"
            ),
            "Funziona.",
            id="outlook it bold",
        ),
        pytest.param(
            '可以了。\n\n\n\n\n\nAt 2025-06-02 10:00:00, "IT Desk" <desk@example.com> wrote:\n>可以吗？\n',
            "可以了。",
            id="netease",
        ),
        pytest.param(
            "可以了。\n\nAnn\n \nFrom: IT Desk\nDate: 2025-06-02 10:00\nTo: Ann\nSubject: printer\nDoes it work?\n",
            "可以了。\n\nAnn",
            id="foxmail",
        ),
        pytest.param(
            (
                '됩니다\n\n-----Original Message-----\nFrom: "IT"<desk@example.com>\n'
                "To: <ann@example.org>;\nCc:\nSent: 2025-06-02 (월) 10:00:00 (GMT+09:00)\n"
                "Subject: printer\n\n되나요?\n"
            ),
            "됩니다",
            id="naver",
        ),
        pytest.param(
            (
                "Jde to.\n\n---------- Původní e-mail ----------\nOd: IT <desk@example.com>\n"
                'Komu: ann@example.org\nDatum: 2. 6. 2025 10:00:00\nPředmět: Tiskárna\n"Jde to?\n"\n'
            ),
            "Jde to.",
            id="seznam",
        ),
        pytest.param(
            (
                "Geht.\n\n-----Original-Nachricht-----\nBetreff: Drucker\nDatum: 2025-06-02T10:00:00+0200\n"
                'Von: "IT" <desk@example.com>\nAn: "ann@example.org" <ann@example.org>\n\nGeht es?\n'
            ),
            "Geht.",
            id="t-online",
        ),
        pytest.param(
            (
                "Hello IT,\n\nMonday, June 2, 2025, 10:00:00 AM, you wrote:\n\n> Does it work?\n\n"
                "Yes, since noon.\n\n-- \nBest regards,\n"
                " Ann                            mailto:ann@example.org\n"
            ),
            "Hello IT,\n\nMonday, June 2, 2025, 10:00:00 AM, you wrote:\n\n> Does it work?\n\nYes, since noon.",
            id="the bat",
        ),
        pytest.param(
            (
                "Ça marche.\n\nEnvoyé de mon iPhone\n\n"
                "> Le 2 juin 2025 à 10:00, IT Desk <desk@example.com> a écrit :\n> \n> \ufeffÇa marche ?\n"
            ),
            "Ça marche.",
            id="apple fr no marks",
        ),
        pytest.param(
            (
                "Funciona.\n\nObtener Outlook para Android<https://aka.ms/AAb9ysg>\n"
                "________________________________\nDe: IT <desk@example.com>\n"
                "Enviado: lunes, 2 de junio de 2025 10:00:00\nPara: Ann\nAsunto: Re: Impresora\n\n"
                "¿Funciona?\n"
            ),
            "Funciona.",
            id="outlook mobile es",
        ),
        pytest.param(
            (
                "Works.\n\nOn 2 June 2025 10:00:00 CEST, IT Desk <desk@example.com> wrote:\n>Does it?\n\n"
                "-- \nSent from my Android device with K-9 Mail. Please excuse my brevity."
            ),
            "Works.",
            id="k9 en",
        ),
        pytest.param(
            (
                "Geht.\n\n\nVon meinem Samsung Galaxy Smartphone gesendet.\n\n\n"
                "-------- Ursprüngliche Nachricht --------\nVon: IT <desk@example.com> \n"
                "Datum: 02.06.25  10:00  (GMT+01:00) \nAn: ann@example.org \nBetreff: Drucker \n\n"
                "Geht es?\n"
            ),
            "Geht.",
            id="samsung de",
        ),
        pytest.param(
            (
                "可以了。\n\n发自我的华为手机\n\n\n-------- 原始邮件 --------\n"
                "发件人： IT <desk@example.com>\n日期： 2025年6月2日周一 10:00\n"
                "收件人： ann@example.org\n主 题： 打印机\n可以吗？\n"
            ),
            "可以了。",
            id="huawei zh",
        ),
        pytest.param(
            "Yes please.\n\n##- Please type your reply above this line -##\n\nYour request (12) has been updated.\n",
            "Yes please.",
            id="zendesk marker",
        ),
        pytest.param(
            "Works.\n\n============ Forwarded message ============\nFrom : a <a@x.org>\nTo : b\nSubject : c\n\nx",
            "Works.",
            id="equals signs",
        ),
        pytest.param(
            "Works.\n\n---------- Rückläufer ----------\nVon: a <a@x.org>\nAn: b\nBetreff: c\n\nx",
            "Works.",
            id="an unknown announcement above a header",
        ),
        pytest.param(
            (
                "Works.\n\nFrom: a very long list\nSent: 2 June 2025 10:00\nTo: one <a@x.org>; two\n"
                " <b@x.org>; three <c@x.org>;\nfour <d@x.org>\nSubject: c\n\nx"
            ),
            "Works.",
            id="a To field on several lines",
        ),
        pytest.param(
            "Works.\n\nFrom: Ann\n\nSent: 2 June 2025 10:00\n\nTo: Bo\n\nSubject: c\n\nx",
            "Works.",
            id="blank lines between fields",
        ),
    ],
)
def test_a_copied_mail_is_history(text: str, new: str) -> None:
    assert visible(text).split() == new.split()


@pytest.mark.parametrize(
    "history",
    [
        pytest.param("##- Please type your reply above this line -##\n\nIT: x", id="number signs"),
        pytest.param("-- Please reply above this line --\n\nIT: x", id="dashes"),
        pytest.param("—-—-—-—\nReply above this line.\n\nIT: x", id="below a rule"),
        pytest.param("-- Bitte antworten Sie oberhalb dieser Zeile --\n\nIT: x", id="German"),
    ],
)
def test_what_is_below_a_desks_line_to_write_above_is_history(history: str) -> None:
    assert visible(f"Works.\n\n{history}") == "Works."


def test_outlooks_short_rule_goes_with_the_header() -> None:
    header = "Van: IT <d@x.org>\nVerzonden: 2 juni 2025\nAan: Ann\nOnderwerp: x"
    assert visible(f"Works.\n\n  _____  \n\n{header}\n\nx") == "Works."


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\n\nFrom: the kitchen\nTo: everybody\nDate: today\nSubject: soup\n\nThis is what the label says.",
        "From: the kitchen\nTo: everybody\nDate: today\n\nThe soup is ready.",
        (
            "I got the message below:\n\nFrom: tomorrow we have a new key.\nTo: be safe, change it.\n"
            "Subject: to approval."
        ),
        "My settings:\n\nServer: mail.example.org\nPort: 993\nUser: ann@example.org\n\nIs this right?",
        "The printer says\n-----\nError 12\n-----\nwhat now?",
        "It says\n----- paper jam -----\nin red. What now?",
        "Reply above this line does not work for me.",
        "Compare:\n\nmysql> select 1;\n1\nmysql> quit\n$ ls > file",
        "Hello\n\n>>> from os import path\n>>> path.sep\n'/'\n\nIs that right?",
    ],
)
def test_what_only_looks_like_a_copy_is_kept(text: str) -> None:
    assert visible(text) == text


def test_answers_that_are_announced_inside_of_the_copy_keep_it() -> None:
    text = (
        "See my answers below in red.\n\nFrom: IT <d@x.org>\nSent: 2 June 2025 10:00\nTo: Ann\n"
        "Subject: x\n\nWhich floor? The third."
    )
    assert visible(text) == text


def test_a_mail_that_begins_with_a_copied_header_is_shown_up_to_the_next_copy() -> None:
    top = "From: Ann <a@x.org>\nSent: 2 June 2025 11:00\nTo: IT\nSubject: x\n\nThe third."
    assert visible(f"{top}\n\nOn 2 June 2025 at 10:00, IT <d@x.org> wrote:\n> Which floor?\n") == top


def test_a_mail_that_is_passed_on_without_a_word_is_shown_whole() -> None:
    head = "---------- Forwarded message ---------\nFrom: Ann <a@x.org>\nDate: 2 June 2025\nSubject: x\nTo: IT"
    text = f"{head}\n\nIt smokes.\n\nOn 2 June 2025 at 10:00, IT <d@x.org> wrote:\n> Which one?"
    assert visible(text) == text


def test_somebodys_own_announcement_of_a_copied_mail_is_kept() -> None:
    text = (
        "Please see the forwarded message below:\n\nFrom: Ann <a@x.org>\nSent: today\nTo: IT\nSubject: x\n\nIt smokes."
    )
    assert visible(text) == "Please see the forwarded message below:"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        pytest.param("> It smokes.\n\nWhich floor?", "> It smokes.\n\nWhich floor?", id="put there by hand"),
        pytest.param("IT wrote:\n> It smokes.\n\nWhich floor?", "Which floor?", id="put there by a program"),
        pytest.param("> On 2 June 2025 at 10:00, IT <d@x.org> wrote:\n> x\n\nYes.", "Yes.", id="attributed inside"),
        pytest.param("> x\n" * 30 + "\nYes.", "Yes.", id="too long for a hand"),
    ],
)
def test_a_quote_above_the_answer_is_kept_where_somebody_put_it(text: str, new: str) -> None:
    assert visible(text) == new


def test_a_long_quoted_line_that_lost_its_mark_at_the_break_is_quoted() -> None:
    quote = (
        "> "
        + "the printer on the second floor has been out of order since last monday\nmorning, they say\n> and so on\n"
    )
    assert visible(f"Which one?\n\n{quote}") == "Which one?"


def test_an_answer_below_a_long_quoted_line_is_kept() -> None:
    quote = (
        "> the printer on the second floor has been out of order since last monday, has it?\nyes, it has\n> and so on\n"
    )
    assert "yes, it has" in visible(quote)
