"""Charsets that nobody named, or named wrongly."""

from __future__ import annotations

import base64

import pytest

from spocd.gateway.reading.charset import decode
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail

RUSSIAN = "Здравствуйте! Не работает принтер на втором этаже, помогите пожалуйста. Спасибо, Иван"
JAPANESE = "お世話になっております。プリンタが動きません。よろしくお願いします。"
SIMPLIFIED = "您好，打印机坏了，请帮忙修理一下。谢谢！"
TRADITIONAL = "您好，印表機壞了，請幫忙修理一下。謝謝！"
KOREAN = "안녕하세요. 프린터가 고장났습니다. 도와주세요. 감사합니다."
POLISH = "Dzień dobry, drukarka nie działa. Muszę dziś coś wydrukować. Pozdrawiam, Łukasz"
GERMAN = "Der Drucker im Büro läuft nicht. Schöne Grüße, Jörg Müller – „heute“"
SWEDISH = "Hej! Skrivaren på våning två är trasig, kan någon åka dit? /Åke"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        *((RUSSIAN, codec) for codec in ("cp1251", "koi8_r", "cp866", "iso8859_5")),
        *((RUSSIAN.upper(), codec) for codec in ("cp1251", "koi8_r")),
        *((JAPANESE, codec) for codec in ("cp932", "euc_jp", "iso2022_jp")),
        *((POLISH, codec) for codec in ("cp1250", "iso8859_2")),
        *((SWEDISH, codec) for codec in ("cp1252", "cp850")),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        (KOREAN, "cp949"),
        (GERMAN, "cp1252"),
        ("Tulostin ei käynnisty, näytössä lukee häiriö", "latin-1"),
        ("L’imprimante coûte 100 € – déjà cassée", "cp1252"),
        ("El módem está roto, ¿puede venir mañana?", "cp1252"),
        ("Ligação cortada desde as 9h, não há rede", "cp1252"),
    ],
)
def test_text_without_a_label_is_read_as_what_it_looks_like(text: str, codec: str) -> None:
    assert decode(text.encode(codec), None) == text
    assert read_mail(mail("Subject: s", body=text.encode(codec))).text == text + "\n"


@pytest.mark.parametrize(
    "text",
    ["æøå ÆØÅ", "ÆØÅæøå", "åäö", "åäö ÅÄÖ", "äöüß ÄÖÜ", "a²+b²=c²", "x\xa0\xa0\xa0\xa0y", "© 2020 Ångström™", "5 °C"],
)
@pytest.mark.parametrize("label", [None, "us-ascii", "iso-8859-1", "windows-1252"])
def test_a_few_western_letters_are_not_taken_for_anything_else(text: str, label: str | None) -> None:
    assert decode(text.encode("cp1252"), label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        pytest.param("iso-8859-1", "cp1251", RUSSIAN, id="Russian called latin-1"),
        pytest.param("us-ascii", "koi8_r", RUSSIAN, id="Russian called US-ASCII"),
        pytest.param("utf-8", "cp1251", RUSSIAN, id="Russian called UTF-8"),
        pytest.param("koi8-r", "cp1251", RUSSIAN, id="one Cyrillic charset called another"),
        pytest.param("windows-1251", "koi8_r", RUSSIAN, id="and the other way round"),
        pytest.param("iso-8859-1", "gb18030", SIMPLIFIED, id="Chinese called latin-1"),
        pytest.param("big5", "utf-8", TRADITIONAL + RUSSIAN, id="UTF-8 that is not what it is called"),
        pytest.param("iso-8859-2", "cp1250", POLISH, id="the set of Windows called the ISO's"),
        pytest.param("iso-8859-15", "cp1252", GERMAN, id="the same in the West"),
        pytest.param("utf-8", "iso2022_jp", JAPANESE, id="ISO-2022-JP called UTF-8"),
        pytest.param("utf-16", "utf-16-be", SWEDISH, id="UTF-16 without its mark"),
        pytest.param("utf-16", "utf-16-le", SWEDISH, id="UTF-16 of Windows without its mark"),
        pytest.param("utf-16", "utf-8", SWEDISH, id="UTF-8 called UTF-16"),
        pytest.param(None, "utf-16", SWEDISH, id="UTF-16 with its mark and nothing else"),
        pytest.param("3Dkoi8-r", "koi8_r", RUSSIAN, id="a label out of quoted-printable"),
        pytest.param("'koi8-r'", "koi8_r", RUSSIAN, id="a label in quotes"),
        pytest.param("charset=koi8-r", "koi8_r", RUSSIAN, id="a label with its name once more"),
    ],
)
def test_a_label_that_is_wrong_is_not_believed(label: str | None, codec: str, text: str) -> None:
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        pytest.param("koi8-r", "koi8_r", "СЧЕТ ъъъ", id="letters that are rare"),
        pytest.param("windows-1251", "cp1251", "Привіт, ґанок і їжак", id="Ukrainian"),
        pytest.param("iso-8859-7", "iso8859_7", "Ο εκτυπωτής δεν λειτουργεί", id="Greek"),
        pytest.param("euc-kr", "cp949", "정리", id="two characters"),
        pytest.param("iso-8859-2", "iso8859_2", POLISH, id="Polish"),
    ],
)
def test_a_label_that_can_be_right_is_believed(label: str, codec: str, text: str) -> None:
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("subject", "codec"),
    [
        ("Проблема с печатью", "koi8_r"),
        ("关于打印机故障的问题", "gb18030"),
        ("お問い合わせの件について", "cp932"),
        ("Fråga om skrivaren", "cp1252"),
    ],
)
def test_a_raw_subject_is_read_where_nothing_names_a_charset(subject: str, codec: str) -> None:
    assert read_mail(b"From: a@b.example\nSubject: " + subject.encode(codec) + b"\n\nx\n").subject == subject


def test_an_encoded_word_with_a_wrong_label_is_read() -> None:
    word = b"=?us-ascii?B?" + base64.b64encode("Вопрос по заказу".encode("koi8_r")) + b"?="
    assert read_mail(b"From: a@b.example\nSubject: " + word + b"\n\nx\n").subject == "Вопрос по заказу"


@pytest.mark.parametrize("label", [None, "us-ascii", "iso-8859-1", "gb2312"])
@pytest.mark.parametrize("text", [RUSSIAN, SIMPLIFIED, KOREAN, SWEDISH * 4])
def test_utf_8_with_a_few_octets_that_are_none_is_utf_8(text: str, label: str | None) -> None:
    octets = text.encode()
    assert decode(octets + b" pi\xe8", label) == text + " pi\ufffd"
    cut = decode(octets[:-1] + b"\xd0", label)
    assert cut[:-2] == text[: len(cut) - 2]
