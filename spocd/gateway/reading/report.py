"""Reports that are no bounces: receipts of readers (RFC 8098), complaints (RFC 5965), statistics of DMARC and TLS."""

from __future__ import annotations

import re

from spocd.gateway.reading import body, original, words
from spocd.gateway.reading.delivery_status import recipient
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.parameters import parse as parameters
from spocd.gateway.reading.structure import Node

_RECEIPTS = frozenset(["message/disposition-notification", "message/global-disposition-notification"])
_COMPLAINTS = frozenset(["message/feedback-report"])
_COMPLAINT_MARKS = ("x-hmxmroriginalrecipient", "x-arf", "x-xarf")
_STATISTICS_MARKS = ("tls-report-domain", "tls-report-submitter")
_STATISTICS = re.compile(
    r"\s*report domain:\s*\S+\s+submitter:", re.I
)  # RFC 7489 section 7.2.1.1, RFC 8460 section 5.3
_STATISTICS_FILE = re.compile(
    r"[^!\s]+![^!\s]+!\d{6,12}!\d{6,12}(?:![^!\s]+)?\.(?:xml|json|zip|gz)(?:\.gz|\.zip)?", re.I
)
# Feedback loops that send the mail complained of without the fields of RFC 5965, by their subjects.
_COMPLAINT = re.compile(
    r"\s*(?:complaint about message from|e-?mail feedback report for|abuse report|spam complaint)\b", re.I
)
_FIELDS_OF_COMPLAINT = re.compile(r"^feedback-type:\s*\S+", re.I | re.M)
_REJECTED = re.compile(r"reject|refused|quota exceeded|avvisats|afvist|hylätty|abgelehnt|отклонен", re.I)
# What mail programs put before the subject of a mail that was, or was not, opened.
_OPENED = re.compile(
    r"\s*(?:(?:not |)read|gelesen|ungelesen|nicht gelesen|(?:non |)lu|(?:no |)le[ií]do|(?:non |)letto|(?:não |)lid[ao]|"
    r"(?:niet |)gelezen|(?:inte |o|)läst|(?:ikke |)læst|(?:ikke |)lest|(?:ei |)luettu|lukematta|(?:nie |"
    r")przeczytan[oe]|"
    r"(?:ne|)přečteno|olvasva|elolvasva|(?:не ?|)прочтено|(?:не |)прочитан[оа]|okundu|citit|διαβάστηκε|"
    r"開封済み|既読|已读|已讀|읽음|read[- ]receipt|return receipt(?: \(displayed\))?|lesebestätigung|"
    r"accusé de (?:lecture|réception)[^:]{0,12}|confirmation de lecture|confirmación de lectura|conferma di lettura|"
    r"confirmação de leitura|leesbevestiging|läskvitto|læsekvittering|kvittering for læsning|lesekvittering|"
    r"lukukuittaus|уведомление о прочтении|подтверждение прочтения|potwierdzenie (?:odczytu|przeczytania)|開封確認)"
    r"\s?(?:[:：]|-\s)"
)
_LABELLED_LINE = re.compile(r"[ \t]{1,8}[^\s:：][^:：\n]{0,30}[:：][^\n]{0,300}$")


def why(raw: bytes, root: Node, text: str, subject: str, notes: Notes) -> str | None:
    """Why the mail is a report, in a sentence; None where it is none."""
    kinds = {each.content_type for each in original.leaves(root)} if root.children else set()
    if kinds & _RECEIPTS and rejected(raw, root, text, notes) is None:
        return "It says what a reader's program did with a mail."
    if kinds & _COMPLAINTS or _complains(root, text, subject, kinds):
        return "It is a complaint about a mail."
    if _counts(root, subject):
        return "It is a report on the use of a domain."
    if _OPENED.match(subject[:100].lower()) and (_looks_like_receipt(text) or _by_machine(root)):
        return "It says that a mail was opened, or was not."
    return None


def rejected(raw: bytes, root: Node, text: str, notes: Notes) -> str | None:
    """The recipient whose filter sent the mail back (RFC 5429): it does so by a receipt for a deleted mail."""
    receipt = next((each for each in original.leaves(root) if each.content_type in _RECEIPTS), None)
    if receipt is None or not _REJECTED.search(text[:2000]):
        return None
    fields = words.raw_text(body.content(raw, receipt, notes)[:10_000])
    found = {name.strip().lower(): value for name, _, value in (line.partition(":") for line in fields.split("\n"))}
    if "delete" not in found.get("disposition", "") or "reject" not in root.headers.first("auto-submitted").decode(
        "ascii", "replace"
    ):
        return None
    return recipient(found.get("final-recipient", ""))


def _complains(root: Node, text: str, subject: str, kinds: set[str]) -> bool:
    if any(each in root.headers for each in _COMPLAINT_MARKS):
        return True
    if _FIELDS_OF_COMPLAINT.search(text[:4000]) and "user-agent:" in text[:4000].lower():
        return True
    return _COMPLAINT.match(subject) is not None and "message/rfc822" in kinds


def _counts(root: Node, subject: str) -> bool:
    if any(each in root.headers for each in _STATISTICS_MARKS) or _STATISTICS.match(subject):
        return True
    return any(_STATISTICS_FILE.fullmatch(_file_name(each)) for each in original.leaves(root))


def _file_name(leaf: Node) -> str:
    disposition = parameters(words.raw_text(leaf.headers.first("content-disposition")))[1]
    return disposition.get("filename") or leaf.parameters.get("name") or ""


def _by_machine(root: Node) -> bool:
    headers = root.headers
    return (
        headers.word("auto-submitted") not in ("", "no")
        or headers.first("return-path") == b"<>"
        or b"mdn" in headers.first("content-class").lower()
    )


def _looks_like_receipt(text: str) -> bool:
    """Whether a text is two sentences around a few labelled lines, as programs in every language write receipts."""
    lines = [line for line in text[:4000].split("\n") if line.strip()]
    labelled = sum(_LABELLED_LINE.match(line) is not None for line in lines)
    return labelled >= 2 and len(lines) - labelled <= 6 and any(each.isdigit() for each in lines[-1])
