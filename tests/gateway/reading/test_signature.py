"""Signatures, closings and what telephones say of themselves; and sentences that only look so."""

from __future__ import annotations

import pytest

from spocd.gateway.reading.visible import visible

FOOTERS = """
Sent from my iPhone
Sent from my Samsung Galaxy S21, an AT&T 5G smartphone
Sent from Outlook for iOS<https://aka.ms/o0ukef>
Get Outlook for Android<https://aka.ms/AAb9ysg>
Get Outlook for iOS <https://aka.ms/o0ukef>
Sent from Mail for Windows
Sent from Yahoo Mail on Android
Sent with [Proton Mail](https://proton.me/mail/home) secure email.
Sent from my Android device with K-9 Mail. Please excuse my brevity.
Sent from a small boat on the lake
Von meinem iPhone gesendet
Gesendet mit der GMX iPhone App
Gesendet von Outlook für iOS
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Sendt fra min iPhone
Hent Outlook til iOS
Skickat från min iPhone
Hämta Outlook för iOS
Lähetetty iPhonesta
Hae Outlook for Android
Отправлено с iPhone
Отправлено из мобильной Почты Mail.ru
Скачать Outlook для iOS
Envoyé de mon iPhone
Télécharger Outlook pour iOS
أُرسلت من الـ iPhone
Được gửi từ iPhone của tôi
ส่งจาก iPhone ของฉัน
Dikirim dari iPhone saya
Poslano s mog iPhonea
Saadetud minu iPhone'ist
Verstuurd vanaf mijn iPhone
Outlook voor iOS downloaden
Wysłane z iPhone'a
Enviado desde mi iPhone
Obtener Outlook para iOS
Inviato da iPhone
Scarica Outlook per iOS
Enviado do meu iPhone
iPhoneから送信
Outlook for iOS を入手
发自我的iPhone
從我的 iPhone 傳送
나의 iPhone에서 보냄
Odesláno z iPhonu
iPhone'umdan gönderildi
Az iPhone készülékemről küldve
"""

SIGNED = [
    pytest.param("Kind regards,\nAnn", id="English"),
    pytest.param("Best regards\n\nAnn Berg\nBuyer\nACME Ltd\nTel. +44 20 1234", id="a block below a blank line"),
    pytest.param("Med venlig hilsen\nAnn Berg", id="Danish"),
    pytest.param("Mvh\nAnn", id="Swedish, short"),
    pytest.param("Med vennlig hilsen\nAnn Berg\nInnkjøp", id="Norwegian"),
    pytest.param("Ystävällisin terveisin\nAnn Berg", id="Finnish"),
    pytest.param("С уважением,\nАнна Берг\nотдел закупок", id="Russian"),
    pytest.param("Mit freundlichen Grüßen\n\nAnn Berg\nEinkauf", id="German"),
    pytest.param("Cordialement,\n\nAnn Berg", id="French"),
    pytest.param("Met vriendelijke groet,\nAnn", id="Dutch"),
    pytest.param("Pozdrawiam,\nAnn", id="Polish"),
    pytest.param("Saludos,\nAnn", id="Spanish"),
    pytest.param("Cordiali saluti\nAnn Berg", id="Italian"),
    pytest.param("Atenciosamente,\nAnn", id="Portuguese"),
    pytest.param("S pozdravem\nAnn", id="Czech"),
    pytest.param("Saygılarımla,\nAnn", id="Turkish"),
    pytest.param("Kind regards\nAnn Berg | Buyer | ACME Ltd\n+44 20 1234 | www.acme.example", id="on one line"),
    pytest.param("-- \nAnn Berg\nIT", id="a delimiter"),
    pytest.param("—\nAnn Berg", id="a dash that a telephone made of two"),
    pytest.param("- --\nAnn Berg", id="a delimiter in signed text"),
    pytest.param("—————\nAnn Berg\nBuyer", id="a long dash above a block"),
    pytest.param("Regards,\nAnn\n\n-- \nAnn Berg\nACME\n\nSent from my iPhone", id="all of them"),
]


@pytest.mark.parametrize("footer", FOOTERS.strip().split("\n"))
def test_what_a_program_says_of_itself_is_left_out(footer: str) -> None:
    assert visible(f"It works.\n\n{footer}\n") == "It works."
    assert visible(f"It works.\n\n-- \n{footer}\n\n> Does it?\n") == "It works."


@pytest.mark.parametrize("signature", SIGNED)
def test_a_signature_is_left_out(signature: str) -> None:
    assert visible(f"Hello,\n\nit works.\n\n{signature}\n") == "Hello,\n\nit works."


@pytest.mark.parametrize(
    "text",
    [
        "It broke.\n\nRegards,\nAnn\n\nPS: what about the other one?",
        "It broke.\n\nRegards,\nplease answer my question from yesterday, I have been waiting for it since then",
        "It broke.\n\nRegards,\nplease answer soon",
        "It broke.\n\nBest regards\n\nAnn",
        "It broke.\n\nBest regards",
        "It broke.\n\nThank you,\nAnn",
        "With regards to the invoice,\nit was paid.",
        "Regards,\nAnn",
        "I said best regards\nand she left.",
        "Please call:\n\nAnn Berg\n+45 12 34 56 78",
        "Buy:\n\n- Milk\n\n-Ann Berg",
        "one\n\n--\n" + "line\n" * 29 + "line",
        "Sent from the office on Monday, but it never arrived.",
        "Hello\n\nThe invoice was sent via mail on Friday.",
        "Hello\n\nSent from my phone twice, nothing arrived",
        "Hello\n\nGet Outlook to work, please.",
        "Die Nachricht wurde von meinem Handy nicht gesendet.",
        "Sent from my iPhone",
    ],
)
def test_when_unsure_it_is_kept(text: str) -> None:
    assert visible(text) == text
