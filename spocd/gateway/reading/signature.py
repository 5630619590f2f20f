"""The end of a mail that says who wrote it and with what: “-- ”, “Kind regards, Ann”, “Sent from my iPhone”."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spocd.gateway.reading.notice import ending

_MOST_SIGNATURE = 20  # lines that say something; more than that after “-- ” is no signature
_MOST_BLOCK = 12  # likewise after a closing
_MOST_BLOCK_LINE = 90  # characters of a line with a title, a street, a telephone
_MOST_WORDS = 12  # of such a line; more are a sentence
_MOST_FOOTERS = 4

_DELIMITERS = frozenset(["--", "—", "––", "- --", "‐‐"])  # white space at the end of lines is gone by then
_LONG_DASH = re.compile(r"[—–─]{3,}")

# Programs and telephones, as they are called in every language.
_DEVICE = (
    r"i?phone|ipad|ipod|android|galaxy|samsung|huawei|xiaomi|redmi|oneplus|pixel|nokia|blackberry|windows|outlook|"
    r"gmail|"
    r"yahoo|aol|(?:proton)?mail|spark|tuta|tutanota|k-9|thunderbird|mobil|handy|phone|telefon|телефон|почт|puhelim|"
    r"tablet|планшет|tablette|portable|mobile|móvil|celular|cellulare|cell|sparrow|airmail|mailbird|superhuman|hey|"
    r"macbook|watch|device|gmx|web\.de|bluemail|aqua|mailspring|fairphone|sony|xperia|motorola|honor|htc|lg|vivo|"
    r"oppo"
)
_SENT = (
    r"sent (?:from|via|with|using|by|on)|sendt (?:fra|med|via)|skickat? (?:från|med|via)|skickad från|lähetetty|"
    r"gesendet (?:von|vom|mit|aus|über|via)|отправлено (?:с|из|через|от)|envoyé (?:de|depuis|à partir|avec|par|via)|"
    r"enviado (?:desde|do|da|de|con|com|a partir|pelo|mediante|via|vía)|enviada (?:do|da)|inviat[oa] (?:da|dal|con|"
    r"tramite)|"
    r"verzonden (?:vanaf|vanuit|met|via|van)|verstuurd (?:vanaf|vanuit|met)|wysłan[oey] (?:z|ze|za)|odesláno (?:z|"
    r"ze)|"
    r"odoslané z|trimis (?:de|din)|στάλθηκε από|надіслано (?:з|із)|elküldve|发自|發自|來自|来自|從我的|从我的|"
    r"[أا]\u064f?رسلت من|[أا]\u064f?رسل من|נשלח מ\w{0,5}|(?:được|đã) gửi từ|dikirim dari|dihantar daripada|ส่งจาก|"
    r"enviat des del|"
    r"poslano (?:s|z|iz|sa)|изпратено от|послато са|saadetud|nosūtīts no|išsiųsta iš|"
    r"sent from|written on|typed on"
)
_GET = (
    r"get|hent|hämta|skaff(?: deg)?|få|hae|hanki|holen sie sich|laden sie|скачать|загрузить|получите|téléchargez?|"
    r"obtene[rz]|obtenir|obter|obtenha|descargar|scarica|ottieni|download|pobierz|uzyskaj|získat|获取|取得|下载"
)
_FOOTER = re.compile(
    rf"(?:(?:{_SENT})\b.{{0,60}}(?:{_DEVICE}).{{0,50}}|(?:发自|發自|來自|来自|從我的|从我的).{{1,30}}|"
    rf"(?:{_GET})\s?.{{0,30}}(?:outlook|bluemail|proton ?mail)\b.{{0,20}}"
    r"(?:ios|android|mobil|mac|windows|desktop).{0,20}|"
    r"outlook (?:voor|för|for|für|pour|para|per|til) (?:ios|android).{0,30}|"
    rf"(?:von (?:meinem|mein)|mit (?:meinem|der)|diese nachricht wurde) .{{0,60}}(?:{_DEVICE}).{{0,40}}gesendet|"
    r".{0,40}(?:から送信|から送信しました|에서 보냄|에서 보냈습니다|传送|傳送|を入手|을 다운로드|를 다운로드)|"
    rf".{{0,40}}(?:{_DEVICE}).{{0,30}}(?:gönderildi|küldve|küldtem|geschickt|gesendet|verzonden|"
    rf"verstuurd))\W{{0,5}}",
    re.I,
)
_ANY_SENT = re.compile(rf"(?:{_SENT})\s.{{1,60}}", re.I)
# “…, an AT&T smartphone”, “…, please excuse typos”; anything else behind a comma is somebody's sentence.
_GOES_ON = re.compile(r",(?! (?:an? |powered|please|excuse|sorry|with|bitte|undskyld))", re.I)
_LINK = re.compile(r"\s?[<(\[][^<>()\[\]]{0,300}[>)\]]")
_MOST_FOOTER = 120  # characters, without its links
_MOST_FOOTER_WORDS = 8  # of one that somebody made up: “Sent from a magnificent torch”

# What people write above their name. Thanks and good wishes for the day are none of these: they say something.
_CLOSING = (
    "regards|best regards|kind regards|kindest regards|warm regards|warmest regards|with kind regards|"
    "with best regards|all the best|best wishes|with best wishes|sincerely|yours sincerely|sincerely yours|yours|"
    "yours truly|yours faithfully|faithfully|cordially|cheers|br|rgds|kr|bg|many regards|greetings|"
    "kind greetings|respectfully|mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|"
    "mit freundlichem gruss|freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|liebe grüße|"
    "liebe grüsse|beste grüße|beste grüsse|schöne grüße|herzliche grüße|herzliche grüsse|mit besten grüßen|"
    "mit besten grüssen|mit herzlichen grüßen|gruß|gruss|grüße|grüsse|lg|vg|mfg|hochachtungsvoll|lieben gruß|"
    "med venlig hilsen|venlig hilsen|med venlige hilsner|venlige hilsner|mange hilsner|hilsen|mvh|vh|kh|"
    "bedste hilsner|de bedste hilsner|kærlig hilsen|bh|dbh|hilsner|med vennlig hilsen|vennlig hilsen|"
    "med vennlige hilsener|beste hilsener|beste hilsen|vennlige hilsener|med vänlig hälsning|"
    "med vänliga hälsningar|vänlig hälsning|vänliga hälsningar|hälsningar|hälsning|bästa hälsningar|"
    "med bästa hälsningar|många hälsningar|ystävällisin terveisin|ystävällisesti|parhain terveisin|terveisin|"
    "terv|terkuin|yst terv|yst. terv|hyvin terveisin|с уважением|с наилучшими пожеланиями|всего доброго|"
    "всего хорошего|с приветом|с глубоким уважением|cordialement|bien cordialement|bien à vous|salutations|"
    "sincères salutations|cdt|cdlt|salutations distinguées|meilleures salutations|amicalement|sincèrement|"
    "met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groet|groeten|"
    "groetjes|mvg|hartelijke groet|hartelijke groeten|met groet|pozdrawiam|pozdrawiam serdecznie|"
    "serdecznie pozdrawiam|z poważaniem|z powazaniem|z wyrazami szacunku|łączę pozdrowienia|pozdrowienia|"
    "z pozdrowieniami|saludos|un saludo|saludos cordiales|atentamente|cordialmente|atte|un cordial saludo|"
    "reciba un cordial saludo|un abrazo|muy atentamente|cordiali saluti|distinti saluti|saluti|un saluto|"
    "un cordiale saluto|i migliori saluti|atenciosamente|cumprimentos|com os melhores cumprimentos|"
    "melhores cumprimentos|abraços|abraço|s pozdravem|s přátelským pozdravem|s úctou|s pozdravom|saygılarımla|"
    "saygılar|selamlar|sevgiler|üdvözlettel|tisztelettel|üdv|cu stimă|cu respect|з повагою|поздрави|敬具|此致|敬礼|祝好"
)
_CLOSINGS = frozenset(_CLOSING.split("|"))
_DECORATION = " \t,.;:!-–—*_~^\u00a0"
_PARTED = re.compile(r"\s[|/•·–-]\s")  # “Ann Berg | Buyer | ACME Ltd”
_SAYS_MORE = re.compile(r"[?]|(?<!\w)(?:p\.?\s?p?\.?s|nb|btw)\b\s?[.:]?", re.I)


def without_signature(lines: list[str]) -> list[str]:
    """`lines` above the signature; all of them where nothing is above it."""
    lines = without_program(_above_delimiter(without_program(lines)))
    return without_program(_above_closing(lines))


def is_end(line: str) -> bool:
    """Whether no words of the author follow this line: a delimiter, or a telephone's advertisement."""
    return line.strip() in _DELIMITERS or is_program(line)


def is_program(line: str) -> bool:
    """Whether a program or a telephone advertises itself on this line."""
    if not line or len(line) > 400:
        return False
    bare = _LINK.sub("", line).strip(" \t*_-—")
    if len(bare) > _MOST_FOOTER or "?" in bare or _GOES_ON.search(bare):
        return False
    return _FOOTER.fullmatch(bare) is not None


def without_program(lines: list[str]) -> list[str]:
    """`lines` without what programs say of themselves at the end; a line alone is kept."""
    lines = ending(lines)
    for _ in range(_MOST_FOOTERS):
        if len(lines) < 2:
            break
        last = lines[-1]
        apart = not lines[-2].strip() or lines[-2].strip() in _DELIMITERS
        if not is_program(last) and not (apart and _is_made_up(last)):
            break
        if not any(lines[:-1]):
            break
        lines = ending(lines[:-1])
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].strip() in _DELIMITERS):
        end -= 1
    return lines[:end] if end else lines


def _is_made_up(line: str) -> bool:
    """Whether it is a footer that somebody made up: “Sent from a magnificent torch of pixels”."""
    words = line.split()
    return len(words) <= _MOST_FOOTER_WORDS and not set(line) & set("?,:;") and bool(_ANY_SENT.fullmatch(line.strip()))


def _above_delimiter(lines: list[str]) -> list[str]:
    """The lines above “-- ” where what follows is short."""
    for number, line in enumerate(lines):
        stripped = line.strip() if line[:1] in "-—–‐" else ""
        if stripped in _DELIMITERS and any(lines[:number]):
            below = [each for each in lines[number + 1 :] if each]
            return lines[:number] if len(below) <= _MOST_SIGNATURE else lines
        if _LONG_DASH.fullmatch(stripped) and any(lines[:number]) and _is_block(lines[number + 1 :]):
            return lines[:number]
    return lines


def _above_closing(lines: list[str]) -> list[str]:
    """The lines above “Kind regards” where nothing but a name and what belongs to one follows."""
    lines = ending(lines)
    for number in range(len(lines) - 1, max(len(lines) - 2 * _MOST_BLOCK, 0), -1):
        line = lines[number].strip()
        if not line or len(line) > 60:
            continue
        if not _is_closing(line):
            continue
        if not any(lines[:number]) or not _is_signed(lines, number):
            return lines
        return ending(lines[:number])
    return lines


def _is_closing(line: str) -> bool:
    words = line.rstrip("🎉👍🙂😀😊🌞☀️ ").strip(_DECORATION).lower()
    return words in _CLOSINGS


def _is_signed(lines: Sequence[str], number: int) -> bool:
    """Whether the lines below a closing are a name, a title, a firm, a telephone.

    A comma, a name just below or several lines make it sure. “Best regards”, a blank line and a single name may be
    anything, and stay.
    """
    below = lines[number + 1 :]
    saying = [line for line in below if line.strip()]
    if not saying or not _is_block(below) or not _is_name(saying[0]):
        return False
    return lines[number].rstrip().endswith(",") or bool(below[0].strip()) or len(saying) > 1


def _is_block(lines: Sequence[str]) -> bool:
    saying = [line.strip() for line in lines if line.strip()]
    if not 0 < len(saying) <= _MOST_BLOCK:
        return False
    return all(
        len(line) <= _MOST_BLOCK_LINE and len(line.split()) <= _MOST_WORDS and not _SAYS_MORE.search(line)
        for line in saying
    )


def _is_name(line: str) -> bool:
    """Whether it may be a name: a few words, none of them a sentence's."""
    words = _PARTED.split(line, maxsplit=1)[0].strip(_DECORATION).split()
    if not 0 < len(words) <= 5:
        return False
    return len(words) == 1 or sum(1 for word in words if not word[0].islower()) * 2 >= len(words)
