"""What machines on the way put above and below people's words: banners, disclaimers, notes of virus scanners and lists.

Each is told by several things together, as people write about viruses, confidential mails and attachments too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MOST_PARAGRAPHS = 6  # at the end of a mail, that are looked at
_MOST_PARAGRAPH = 3000  # characters
_MOST_LIST_FOOTER = 6  # lines that say something
_LIST_RULE_ALONE = 20  # characters of a rule that needs no web address below it
_FEWEST_DISCLAIMED = 80  # characters

_MOST_SCANNED = 400  # of what a virus scanner writes

_RULE = re.compile(r"[-_=*#]{2,}")
_LIST_RULE = re.compile(r"_{2,}")

# A warning about mail from outside: it calls for care, says from where, and speaks of opening things.
_CAUTION = re.compile(
    r"\W{0,5}\[?(?:caution|warning|external|extern|important|attention|achtung|vorsicht|warnung|hinweis|varning|"
    r"advarsel|"
    r"forsigtig|obs|viktigt|varoitus|huomio|huom|внимание|осторожно|avertissement|atención|precaución|advertencia|"
    r"attenzione|cuidado|atenção|let op|waarschuwing|uwaga|ostrzeżenie|upozornění|pozor|dikkat|uyarı|注意|警告|주의|"
    r"this (?:e-?mail|message) (?:originated|was sent|came|is) |diese e-?mail |denne (?:e-?mail|mail) |detta mejl)",
    re.I,
)
_OUTSIDE = re.compile(
    r"extern|outside|ekstern|utanför|uden for|utenfor|ulkopuol|внешн|извне|zewn[ęą]t|külső|dış|esterno|außerhalb|外部|"
    r"社外|"
    r"외부|buiten",
    re.I,
)
_OPENED = re.compile(
    r"\b(?:links?|attachments?|anh[aä]ng|anhänge|länk|vedhæft|vedlegg|bifog|liit|linkk|ссыл|вложен|liens?|"
    r"pièces? jointes?|"
    r"enlaces?|adjuntos?|collegament|allegat|bijlage|koppeling|załącznik|odkaz|přílo|ek[il]|bağlantı)|リンク|添付|链接|附件|"
    r"連結|첨부",
    re.I,
)
_DO_NOT = re.compile(
    r"do not|don['’]t|unless|be cautious|with care|exercise caution|nicht|nur |inte |ikke|kun |älä|elleivät|не |"
    r"ne pas|"
    r"sauf|no haga|no abra|non (?:cliccare|aprire|fare)|não|niet|tenzij|nie |neotev|neklik|tıklamay|しない|ください|"
    r"请勿|"
    r"不要|請勿|마세요|마십시오",
    re.I,
)
_BRACKETED = re.compile(r"[\[(<*]{0,3}\s?external(?: (?:e-?mail|sender|mail|message))?\s?[\])>*:!]{1,3}", re.I)
_FIRST_TIME_SENDER = "aka.ms/learnaboutsenderidentification"

# A disclaimer speaks of whom it is meant for, and of secrecy or of what anybody else has to do with it.
_MEANT_FOR = re.compile(
    r"intended (?:only|solely|recipient|for the)|addressee|named recipient|individual or entity|"
    r"(?:bestimmungsgemäße|richtige|vorgesehene|beabsichtigte|adressat|empfänger)\w*|(?:rette|tiltænkte|"
    r"tilsigtede) modtager|"
    r"modtager\w*|mottag\w+|adressat\w*|vastaanottaj\w+|адресат\w*|получател\w+|destinatair\w+|destinatari\w+|"
    r"geadresseerde\w*|adresat\w*|odbiorc\w+|příjemc\w+|alıcı\w*|címzett\w*|受信者|宛先|收件人|수신인|수신자",
    re.I,
)
_SECRET = re.compile(
    r"confidential|privileged|vertraulich|fortrolig|konfidentiell|luottamuksel|конфиденциальн|confidenti[eë]l|"
    r"confidencial|"
    r"riservat|confidenziale|vertrouwelijk|poufn|důvěrn|gizli|bizalmas|機密|保密|机密|기밀",
    re.I,
)
_ELSE = re.compile(
    r"received (?:this|it) (?:\S+ ){0,3}in error|notify the sender|delete (?:this|it|the)|unauthori[sz]ed|"
    r"strictly prohibited|irrtümlich|vernichten|unbefugt|ved en fejl|slette?r? |feil|felaktigt|radera|virheelli|"
    r"poista|"
    r"ошибочно|по ошибке|удал|par erreur|supprim|por error|elimin|por engano|per errore|verwijder|omyłk|usun|omylem|"
    r"yanlışlıkla|téved|誤って|削除|错误|删除|삭제",
    re.I,
)
_SAVE_TREES = re.compile(
    r"\W{0,5}(?:please )?(?:consider|think (?:of|about)|save) (?:the|our) (?:environment|trees|planet)\b.{0,80}|"
    r".{0,20}before (?:you )?print(?:ing)? (?:this|out).{0,30}|.{0,30}(?:umwelt|miljø|miljö|ympäristö).{0,60}"
    r"(?:druck|print|skriv|tulost).{0,40}",
    re.I,
)

_VIRUS = re.compile(r"vir(?:us|en|uks|us[óo]w|al)|malware|вирус|антивирус|ウイルス|病毒|바이러스", re.I)
_SCANNED = re.compile(
    r"checked|scanned|protected|virus-free|found in this|geprüft|überprüft|virenfrei|kontroll\w+|skanne\w+|virusfri|"
    r"tarkist\w+|virukseton|провер\w+|без вирусов|analysé|vérifié|sans virus|analizado|comprobado|libre de virus|"
    r"controllat\w+|privo di virus|gecontroleerd|virusvrij|sprawdzon\w+|wolny od|przeskanowan\w+|zkontrolov\w+|"
    r"bez virů|"
    r"taran\w+|ellenőri\w+|スキャン|チェック|检查|扫描",
    re.I,
)
_MACHINES = re.compile(
    r"\W{0,5}(?:_+ )?(?:this|diese|dieses|denne|denna|detta|den här|tämä|это|данн|ce|cet|cette|este|esta|el|questa|"
    r"questo|"
    r"il|dit|deze|ta|tato|bu|ez az|no virus|virus|virenfrei|garanti|libre|privo|wolny|без|information|scanned|"
    r"checked|"
    r"viruksista|bez|informat|inform|このメール|此邮件|本邮件)",
    re.I,
)
_WEB = re.compile(r"https?://|\bwww\.[a-z0-9-]", re.I)
_ESET = re.compile(r"_{5,}\s.{5,150}\s_{5,}")


def banner_end(lines: Sequence[str]) -> int:
    """How many lines at the top are a banner; 0 where there is none, or nothing but one."""
    at = 0
    while (end := _paragraph_end(lines, at)) and _is_banner(" ".join(lines[at:end])):
        at = end
        while at < len(lines) and (not lines[at].strip() or _RULE.fullmatch(lines[at].strip())):
            at += 1
        if at >= len(lines):
            return 0
    return at


def _paragraph_end(lines: Sequence[str], at: int) -> int:
    """The number of the line after the first paragraph from here on; 0 where it is too long for a banner."""
    start = next((n for n in range(at, len(lines)) if lines[n].strip()), len(lines))
    for end in range(start + 1, min(start + 8, len(lines) + 1)):
        if end == len(lines) or not lines[end].strip():
            return end
    return 0


def _is_banner(paragraph: str) -> bool:
    if len(paragraph) > 1000:
        return False
    paragraph = paragraph.strip()
    if _BRACKETED.fullmatch(paragraph) or _FIRST_TIME_SENDER in paragraph.lower():
        return True
    care = _CAUTION.match(paragraph) and _OUTSIDE.search(paragraph)
    return bool(care and _OPENED.search(paragraph) and _DO_NOT.search(paragraph))


def without_footers(lines: list[str]) -> list[str]:
    """`lines` without what machines put below them: lists, virus scanners, lawyers; never without all of them."""
    lines = without_list_footer(lines)
    for _ in range(_MOST_PARAGRAPHS):
        start, end = _last_paragraph(lines)
        if start == end or not any(lines[:start]):
            break
        if any(line.startswith(">") for line in (lines[start], lines[end - 1])):
            break
        paragraph = " ".join(lines[start:end])
        if len(paragraph) > _MOST_PARAGRAPH or not _is_footer(paragraph, lines[start - 1]):
            break
        lines = ending(lines[:start], _RULE)
    return lines


def without_list_footer(lines: list[str]) -> list[str]:
    """The lines above the rule and the web address that a mailing list puts below everything."""
    lines = ending(lines)
    for number in range(len(lines) - 1, max(len(lines) - 2 * _MOST_LIST_FOOTER, 0), -1):
        if _LIST_RULE.fullmatch(lines[number]):
            footer = [line for line in lines[number + 1 :] if line]
            named = any("://" in each or (len(lines[number]) >= _LIST_RULE_ALONE and "@" in each) for each in footer)
            is_list = named and len(footer) <= _MOST_LIST_FOOTER
            return lines[:number] if is_list and any(lines[:number]) else lines
    return lines


def ending(lines: list[str], also: re.Pattern[str] | None = None) -> list[str]:
    """`lines` without the blank ones at the end, and without those that `also` matches."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or (also and also.fullmatch(lines[end - 1].strip()))):
        end -= 1
    return lines[:end]


def _last_paragraph(lines: Sequence[str]) -> tuple[int, int]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    start = end
    while start and lines[start - 1].strip() and not _RULE.fullmatch(lines[start - 1].strip()):
        start -= 1
    return start, end


def _is_footer(paragraph: str, above: str) -> bool:
    if _SAVE_TREES.fullmatch(paragraph[:200]):
        return True
    if "?" in paragraph:
        return False
    if len(paragraph) <= _MOST_SCANNED and _MACHINES.match(paragraph):
        told = _RULE.fullmatch(above.strip()) or _WEB.search(paragraph) or _ESET.fullmatch(paragraph)
        if told and _VIRUS.search(paragraph) and _SCANNED.search(paragraph):
            return True
    if len(paragraph) < _FEWEST_DISCLAIMED or not _SECRET.search(paragraph):
        return False
    return bool(_MEANT_FOR.search(paragraph) and _ELSE.search(paragraph))
