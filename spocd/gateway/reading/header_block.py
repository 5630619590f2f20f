"""The header that programs copy above a mail which they answer or pass on: From:, Sent:, To:, Subject: in any language.

The names are those that Outlook, Exchange, Thunderbird, Apple Mail, Notes and the large web mailers write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

_MOST_LINE = 1000  # characters; a To line with many names is long
_MOST_NAME = 30
_MOST_CONTINUED = 4  # lines of one field beyond its first


class Field(Enum):
    """What a field of a copied header says."""

    FROM = auto()
    SENT = auto()
    TO = auto()
    SUBJECT = auto()
    OTHER = auto()


_NAMES = {
    Field.FROM: "from|von|absender|från|avsändare|fra|afsender|avsender|lähettäjä|от|от кого|отправитель|de|expéditeur|"
    "remitente|da|mittente|van|afzender|od|odesílatel|nadawca|feladó|kimden|gönderen|de la|expeditor|από|від|від кого|"
    "من|المرسل|از|từ|người gửi|จาก|dari|saatja|kellelt|nuo|siuntėjas|प्रेषक|frá|"
    "差出人|送信者|送信元|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|발신|מאת|من|pošiljatelj|šalje",
    Field.SENT: "sent|date|sent on|sent at|message du|gesendet|gesendet am|datum|skickat|skickad|sendt|sendt den|dato|"
    "lähetetty|"
    "päivämäärä|päiväys|pvm|отправлено|дата|дата отправки|envoyé|envoyé le|date d'envoi|date d’envoi|enviado|"
    "enviado el|enviado em|enviada|enviada em|enviada el|fecha|data|inviato|inviata|data invio|verzonden|verzonden op|"
    "wysłano|wysłane|data wysłania|odesláno|odoslané|poslané|elküldve|küldve|dátum|dată|tarih|gönderildi|"
    "gönderilme tarihi|"
    "gönderme tarihi|trimis|надіслано|στάλθηκε|ημερομηνία|изпратено|poslano|送信日時|日付|日時|发送时间|发送日期|"
    "تم الإرسال|تاريخ الإرسال|أرسلت|التاريخ|تاریخ|ارسال شده|đã gửi|gửi|ngày|ส่ง|ส่งเมื่อ|วันที่|terkirim|dikirim|tanggal|"
    "tarikh|"
    "saadetud|kuupäev|nosūtīts|datums|išsiųsta|enviat|enviat el|послато|भेजा गया|दिनांक|"
    "日期|时间|時間|傳送時間|傳送日期|寄件日期|보낸 날짜|보낸날짜|날짜|נשלח|תאריך",
    Field.TO: "to|an|empfänger|till|til|vastaanottaja|кому|à|destinataire|a|para|destinatario|aan|do|komu|címzett|kime|"
    "إلى|الى|به|đến|tới|ถึง|kepada|ke|saaja|kellele|kam|adresāts|per a|za|prima|प्रति|"
    "alıcı|către|catre|προς|до|за|宛先|送信先|收件人|收件者|받는 사람|받는사람|수신|אל|pour|za",
    Field.SUBJECT: "subject|betreff|ämne|emne|aihe|тема|objet|sujet|asunto|assunto|oggetto|onderwerp|temat|předmět|"
    "الموضوع|موضوع|chủ đề|tiêu đề|เรื่อง|หัวเรื่อง|subjek|perihal|teema|temats|tēma|assumpte|относно|predmet|विषय|efni|"
    "predmet|tárgy|konu|subiect|θέμα|件名|主题|主題|主旨|제목|נושא|zadeva",
    Field.OTHER: "cc|bcc|reply-to|reply to|kopia|kopi|kopie|kopio|копия|скрытая копия|copie|copie à|cópia|cópia para|"
    "dw|másolat|másolatot kap|bilgi|抄送|副本|참조|κοιν.|копія|antwort an|svar til|svara till|risposta|importance|"
    "priority|attachments|wichtigkeit|priorität|anlagen|prioritet|prioriteit|organization|organisation|message-id|"
    "importancia|importance|importanza|vigtighed|prioritering|datei|resent-from",
}
_BY_NAME = {name: field for field, names in _NAMES.items() for name in names.split("|")}
_DATED = re.compile(r"\d{4}|[0-2]?\d[:.][0-5]\d|\d{1,2}[./-]\d{1,2}")
# What stands around a name or a value: bold marks, bars, quotes, blanks of all sorts, marks of direction.
_AROUND = " \t\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e*_|>\ufeff"


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """A copied header: its fields with their values, and the number of the line after it."""

    fields: dict[Field, str]
    end: int

    def sure(self) -> bool:
        """Whether a program wrote this and not a person who likes colons: an address, or a date in figures."""
        if Field.FROM not in self.fields or len(self.fields) < 3:
            return False
        return any("@" in value for value in self.fields.values()) or self.dated()

    def dated(self) -> bool:
        """Whether it says in figures when."""
        return bool(_DATED.search(self.fields.get(Field.SENT, "")[:200]))


def field(line: str) -> tuple[Field, str] | None:
    """What one line says as a field, with its value; None where it is none."""
    start = line[: _MOST_NAME + 10].replace("：", ":")
    colon = start.find(":")
    if colon < 1 or len(line) > _MOST_LINE:
        return None
    named = _BY_NAME.get(line[:colon].strip(_AROUND).lower())
    return (named, line[colon + 1 :].strip(_AROUND)) if named else None


def read(lines: Sequence[str], number: int) -> HeaderBlock | None:
    """The copied header that begins on this line; None where too little of one is there.

    Each field comes once, so that a text of nothing but “From:” is read in time in the order of its length.
    """
    first = field(lines[number])
    if first is None or first[0] in (Field.TO, Field.OTHER):
        return None
    fields: dict[Field, str] = {}
    latest: Field = first[0]
    continued, at, end = 0, number, number
    while (at := _next_line(lines, at, fields)) < len(lines):
        found = field(lines[at])
        if found is None:
            continued += 1
            if continued > _MOST_CONTINUED or not _continues(lines, at, fields, latest):
                break
            fields[latest] = f"{fields[latest]} {lines[at].strip(_AROUND)}".strip()
        elif found[0] in fields and found[0] is not Field.OTHER:
            break
        else:
            (latest, value), continued = found, 0
            fields.setdefault(latest, value)
        at = end = at + 1
    return HeaderBlock(fields, end) if Field.FROM in fields and len(fields) >= 3 else None


def _next_line(lines: Sequence[str], at: int, fields: dict[Field, str]) -> int:
    """The number of the line to look at next: past blank ones where, as some programs write, a field is below them."""
    if at >= len(lines) or lines[at].strip(_AROUND):
        return at
    if Field.FROM not in fields or Field.SUBJECT not in fields:
        for beyond in range(at + 1, min(at + 3, len(lines))):
            if lines[beyond].strip(_AROUND):
                return beyond if field(lines[beyond]) else len(lines)
    return len(lines)


def _continues(lines: Sequence[str], at: int, fields: dict[Field, str], latest: Field) -> bool:
    """Whether this line goes on with the field above: indented, below a name alone, or with a field below it."""
    if len(lines[at]) > _MOST_LINE:
        return False
    if not fields[latest] or lines[at][0] in " \t":
        return True
    if latest is Field.SUBJECT:
        # Gmail breaks a long subject. Where the subject is the last field, what follows is the mail itself.
        below = field(lines[at + 1]) if at + 1 < len(lines) else None
        return below is not None and below[0] is not Field.OTHER and below[0] not in fields
    return any(field(below) for below in lines[at + 1 : at + 1 + _MOST_CONTINUED])


def short(lines: Sequence[str], last: int) -> int | None:
    """Where a header of two or more fields begins that ends on line `last`; it is one only with a quote below it.

    Programs that run in Emacs write From: and Date: above what they quote.
    """
    found: set[Field] = set()
    at = last
    while at >= max(last - _MOST_CONTINUED, 0) and (each := field(lines[at])) and each[0] not in found:
        found.add(each[0])
        at -= 1
    return at + 1 if {Field.FROM, Field.SENT} <= found else None
