"""Octets to characters, under whatever name the sender gave the charset.

Only names on our list reach a codec: Python also has zlib, idna and rot13 among its encodings, and every unknown name
that it is asked for costs a search of the disk and stays in a cache for ever.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases

from spocd.gateway.reading.guess import codec_of, cyrillic_codec

# Labels are promises that senders break in known ways; each is read as the larger set that its senders mean.
_MEANT = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "ks_c_5601": "cp949",
    "shift_jis": "cp932",
    "utf_16": "utf_16",
    "utf_8": "utf_8_sig",
    "x_sjis": "cp932",
    "x_gbk": "gb18030",
    "cp_936": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "ansi": "cp1252",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "x_mac_roman": "mac_roman",
    "macintosh": "mac_roman",
    "x_mac_cyrillic": "mac_cyrillic",
    "x_windows_949": "cp949",
    "x_euc_jp": "euc_jp",
    "unicode_1_1_utf_7": "utf_7",
    "unicode": "utf_16",
    "utf8mb4": "utf_8_sig",
}
_SAME = frozenset(
    [
        *("utf_8_sig", "utf_7", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"),
        *(f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
        *(f"cp125{n}" for n in range(9)),
        *("cp437", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864"),
        *("cp865", "cp866", "cp869", "cp874", "cp932", "cp949", "cp950", "koi8_r", "koi8_u", "koi8_t", "kz1048"),
        *("mac_roman", "mac_cyrillic", "mac_greek", "mac_latin2", "mac_turkish", "mac_iceland", "ptcp154", "hz"),
        *("gb18030", "big5hkscs", "euc_jp", "euc_jisx0213", "euc_jis_2004", "shift_jis_2004", "johab", "iso2022_kr"),
    ]
)
# Labels that programs put on UTF-8 by mistake; what is UTF-8 in octets beyond ASCII is hardly ever anything else.
_OFTEN_UTF_8 = frozenset(
    [
        *("us_ascii", "ascii", "gb2312", "gbk", "latin1", "latin_1", "iso_8859_1", "iso8859_1"),
        *("windows_1252", "cp1252", "ansi"),
    ]
)
# What stands before a label where quoted-printable was not undone, and what stands around one that a script wrote.
_BEFORE_A_NAME = re.compile(r"^(?:3d)?[^a-z0-9]*(?:charset\W+)?")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
# The sets of Windows whose senders claim the ISO 8859 that it grew from; the octets between are nobody's letters.
_WINDOWS = {
    "iso8859_2": "cp1250",
    "iso8859_5": "cp1251",
    "iso8859_6": "cp1256",
    "iso8859_7": "cp1253",
    "iso8859_8": "cp1255",
    "iso8859_13": "cp1257",
    "iso8859_15": "cp1252",
}
_C1_OCTET = re.compile(rb"[\x80-\x9f]")
_CYRILLIC = frozenset(["cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5"])
_SEVEN_BITS = ("utf_7", "hz", "iso2022_kr", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")
_C1_OF_CP1252 = dict(
    zip(
        (n for n in range(0x80, 0xA0) if n not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)),
        bytes(n for n in range(0x80, 0xA0) if n not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)).decode("cp1252"),
        strict=True,
    )
)
_WIDE = ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")
_GOOD_FOR_ONE_BAD = 8  # characters of several octets; in no other charset do so many look like UTF-8 by chance
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_C1 = re.compile("[\x80-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# ISO 2022 escapes of ISO-2022-JP and its kin; each rules until the next.
_ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B]|\$\([D@B])")
_TWO_OCTETS = (b"$B", b"$@", b"$(@", b"$(B")


def decode(octets: bytes, label: str | None) -> str:
    """The text that `octets` are under the charset `label`, for any octets and any label, in time linear in them.

    Never a lone surrogate, never NUL: neither can be stored as UTF-8 text in every database.
    """
    return _storable(_decode(octets, label))


def _storable(text: str) -> str:
    """`text` without what cannot be stored: NUL is dropped, half a surrogate pair becomes U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _decode(octets: bytes, label: str | None) -> str:
    name = _normal(label) if label else ""
    if name.startswith(("iso_2022_jp", "iso2022_jp", "csiso2022jp")):
        return _iso_2022_jp(octets)
    codec = _codec(name)
    if octets.isascii() and codec not in _SEVEN_BITS:
        return _iso_2022_jp(octets) if b"\x1b$" in octets else octets.decode("ascii")
    if codec in _WIDE:
        return _wide(octets, codec)
    if codec is None or name in _OFTEN_UTF_8:
        return _guess(octets, codec)
    return _under(octets, name)


def guess(octets: bytes, otherwise: str | None = None) -> str:
    """The text of octets without a label: UTF-8 where they are that, else `otherwise`, else what they look like."""
    return _storable(_guess(octets, _codec(_normal(otherwise)) if otherwise else None))


def _guess(octets: bytes, claimed: str | None) -> str:
    """The text of octets of which nothing is known, or nothing but what a label claims that is often false."""
    if octets.startswith(_BYTE_ORDER_MARKS):
        return octets.decode("utf_16", "replace")
    try:
        return octets.decode("utf_8_sig")
    except UnicodeError:
        nearly = _nearly_utf_8(octets)
    if nearly is not None:
        return nearly
    if claimed and claimed not in ("cp1252", "utf_8_sig"):
        return _under(octets, claimed)
    return _under(octets, codec_of(octets, "cp1252" if claimed == "cp1252" else None) or "cp1252")


def _under(octets: bytes, label: str) -> str:
    codec = _codec(_normal(label))
    if codec is None or codec == "cp1252":
        return _cp1252(octets)
    if codec in _CYRILLIC:
        codec = cyrillic_codec(octets, codec)
    elif codec in _WINDOWS and _C1_OCTET.search(octets):
        codec = _WINDOWS[codec]
    try:
        return octets.decode(codec)
    except UnicodeError:
        return _broken(octets, codec)


def _wide(octets: bytes, codec: str) -> str:
    """UTF-16 or UTF-32, which begins with a mark, or has its zero octets on one side; else it was never that."""
    if octets.startswith((*_BYTE_ORDER_MARKS, b"\0\0\xfe\xff")):
        return octets.decode("utf_32" if codec.startswith("utf_32") else "utf_16", "replace")
    if b"\0" not in octets and _is_utf_8(octets):
        return octets.decode("utf_8_sig")
    if codec == "utf_16":  # RFC 2781 section 4.3: big-endian, which Windows does not keep to
        codec = "utf_16_be" if octets[::2].count(0) >= octets[1::2].count(0) else "utf_16_le"
    return octets.decode(codec, "replace")


def _nearly_utf_8(octets: bytes) -> str | None:
    """The text of UTF-8 with a few octets that are none: cut in a character, or with a line by another program."""
    text = octets.decode("utf_8_sig", "replace")
    bad = text.count("\ufffd")
    if bad * _GOOD_FOR_ONE_BAD > len(octets):
        return None
    good = sum(1 for each in text if each > "\x7f") - bad
    return text if good >= bad * _GOOD_FOR_ONE_BAD else None


def _is_utf_8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeError:
        return False
    return True


def _normal(label: str) -> str:
    return _NOT_IN_A_NAME.sub("_", _BEFORE_A_NAME.sub("", label[:60].lower(), count=1)).strip("_")


def _codec(name: str) -> str | None:
    """The codec of a label in our spelling, or None where the label is not on our list."""
    if not name:
        return None
    codec = aliases.get(name, name)
    codec = _MEANT.get(codec, codec)
    return codec if codec in _SAME or codec == "cp1252" else None


def _cp1252(octets: bytes) -> str:
    """As browsers do it: the five octets that cp1252 leaves open stand for themselves."""
    text = octets.decode("latin-1")
    return text.translate(_C1_OF_CP1252) if _C1.search(text) else text


def _broken(octets: bytes, codec: str) -> str:
    """Octets that are not what their label says: UTF-8, or what they look like where nothing of it is."""
    if _is_utf_8(octets):
        return octets.decode("utf_8_sig")
    text = octets.decode(codec, "replace")
    if codec == "utf_8_sig" and all(each == "\ufffd" or each < "\x80" for each in text):
        return _under(octets, codec_of(octets) or "cp1252")
    return text


def _iso_2022_jp(octets: bytes) -> str:
    """ISO-2022-JP as its senders mean it: with the characters of NEC and IBM, and half-width katakana."""
    pieces = _ESCAPE.split(octets)
    text = [_guess(pieces[0], None)]
    for escape, run in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in _TWO_OCTETS:
            text.append(_jis_x_0208(run))
        elif escape == b"$(D":
            text.append((b"\x1b$(D" + run).decode("iso2022_jp_2", "replace"))
        elif escape == b"(I":
            text.append(bytes(each | 0x80 for each in run).decode("cp932", "replace"))
        else:
            text.append(run.decode("latin-1"))
    return "".join(text)


def _jis_x_0208(run: bytes) -> str:
    """Pairs of seven-bit octets, moved to where cp932 has them; what is no pair stands for itself."""
    moved = bytearray()
    at = 0
    while at < len(run):
        pair = run[at : at + 2]
        if len(pair) < 2 or not (0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E):
            moved.append(run[at])
            at += 1
            continue
        row, cell = pair[0] - 0x21, pair[1]
        lead = (row >> 1) + 0x81
        moved.append(lead if lead < 0xA0 else lead + 0x40)
        moved.append(cell + 0x7E if row & 1 else cell + (0x20 if cell >= 0x60 else 0x1F))
        at += 2
    return moved.decode("cp932", "replace")
