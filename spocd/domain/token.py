"""Signed addresses and Message-IDs: what lets a mail land on a ticket, and nothing else.

A reply token is `r` + key id + ticket + `-` + person + `-` + MAC, in Crockford's base32 (no i, l, o, u; read with o as
0 and i, l as 1, in either case, because MTAs lower-case and people retype). The MAC is HMAC-SHA256 cut to 80 bits over
version, instance, purpose, the two numbers and the generation. The same form serves every purpose; the purpose is
signed, so that a token for one thing is worthless for another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from spocd.domain.address import Address, find

VERSION = b"spocd1"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
KEY_LIFE = 400 * 86400  # seconds that a key verifies after a newer one has taken over
_LOOKALIKES = str.maketrans("oil", "011")
_MAC_CHARACTERS = 16  # 80 bits
_TOKEN = re.compile(r"([a-z])([0-9a-z])([0-9a-z]{1,13})(?:-([0-9a-z]{1,13}))?-([0-9a-z]{16})(?:\.([a-z0-9]{1,12}))?")


class Purpose(StrEnum):
    """What a token is for; its first letter in an address."""

    REPLY = "r"  # ticket, person
    BROADCAST = "c"  # broadcast, person
    UNSUBSCRIBE = "u"  # class, person
    BOUNCE = "b"  # letter
    AGENT = "a"  # ticket, agent
    EXPERT = "e"  # ticket, person
    MESSAGE_ID = "m"  # letter


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it stands in an address: read, and not yet believed."""

    purpose: Purpose
    key_id: str
    first: int
    second: int | None
    mac: str
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys that sign and verify: one master, one derived key a key id. `ids` are those that verify, newest last."""

    instance: str
    keys: Mapping[str, bytes]
    newest: str

    def sign(
        self, purpose: Purpose, first: int, second: int | None = None, *, generation: int = 0, key_id: str = ""
    ) -> str:
        """The token's text. `key_id` signs again with the key of the first time, so that a retry writes the same."""
        key_id = key_id or self.newest
        mac = self._mac(key_id, purpose, first, second, generation)
        numbers = encode(first) if second is None else f"{encode(first)}-{encode(second)}"
        return f"{purpose}{key_id}{numbers}-{mac}"

    def verifies(self, token: Token, *, generation: int = 0) -> bool:
        """Whether we signed exactly this, with a key that is still good."""
        if token.key_id not in self.keys:
            return False
        expected = self._mac(token.key_id, token.purpose, token.first, token.second, generation)
        return hmac.compare_digest(expected, token.mac)

    def _mac(self, key_id: str, purpose: Purpose, first: int, second: int | None, generation: int) -> str:
        text = f"|{self.instance}|{purpose}|{first}|{'' if second is None else second}|{generation}"
        digest = hmac.digest(self.keys[key_id], VERSION + text.encode(), "sha256")
        return encode(int.from_bytes(digest[:10]), width=_MAC_CHARACTERS)


def ring(master: bytes, instance: str, key_ids: Sequence[str]) -> Ring:
    """The ring of an instance; `key_ids` are those that still verify, newest last."""
    return Ring(instance, {each: derive(master, f"ring {each}") for each in key_ids}, key_ids[-1])


@lru_cache(maxsize=256)  # every operation that signs or verifies asks for the same few
def derive(master: bytes, purpose: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) with an empty salt, one block: 32 octets for one purpose."""
    extracted = hmac.digest(bytes(32), master, "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


def fingerprint(master: bytes) -> str:
    """What the database may know of the secret, to tell that a node brought the wrong one."""
    return hashlib.sha256(derive(master, "fingerprint")).hexdigest()[:32]


def read(text: str) -> Token | None:
    """The token that `text` (an address's extension, the left side of a Message-ID) has the form of, or None."""
    text = text.lower()
    match = _TOKEN.fullmatch(text)
    if match is None or match[1] not in _PURPOSES:
        return None
    key_id, first, second, mac = (part and part.translate(_LOOKALIKES) for part in match.group(2, 3, 4, 5))
    if "u" in f"{key_id}{first}{second or ''}{mac}":
        return None
    first_number = decode(first)
    second_number = None if second is None else decode(second)
    # One token has one spelling but for case and look-alikes: leading zeros would make many of one.
    if encode(first_number) != first or (second is not None and encode(decode(second)) != second):
        return None
    # Beyond what a database's integer holds there is no ticket.
    if max(first_number, second_number or 0) >= 2**63:
        return None
    return Token(Purpose(match[1]), key_id, first_number, second_number, mac, match[6])


_PURPOSES = frozenset(Purpose)


def encode(number: int, *, width: int = 1) -> str:
    """Crockford's base32 of a number, lower case, at least `width` characters."""
    digits = []
    while number:
        number, rest = divmod(number, 32)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits)).rjust(width, "0")


def decode(text: str) -> int:
    """The number that Crockford's base32 characters of `ALPHABET` stand for."""
    number = 0
    for character in text:
        number = number * 32 + ALPHABET.index(character)
    return number


def next_key_id(used: Sequence[str]) -> str | None:
    """The id of the next signing key, or None when all 32 are in use. `used` has the newest last.

    It goes on from the newest, round and round: an id makes the same key again, so that it is used again as late as can
    be.
    """
    start = ALPHABET.index(used[-1]) + 1 if used else 1
    return next((each for each in ALPHABET[start:] + ALPHABET[:start] if each not in used), None)


def good_keys(keys: Sequence[tuple[str, int]], now: int) -> list[str]:
    """The ids that still verify, of keys (id, since when it signs) with the newest last."""
    replaced_at = [*(since for _, since in keys[1:]), now]
    return [key_id for (key_id, _), end in zip(keys, replaced_at, strict=True) if end > now - KEY_LIFE]


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """The addresses that are the desk's: each base address with whatever stands behind the delimiter.

    `bases` maps the key of each address (desk@example.org) to the service that it stands for, "" for the desk itself.
    """

    bases: Mapping[str, str]
    delimiter: str

    def split(self, recipient: str) -> tuple[str, str] | None:
        """(base address, extension) of a recipient of ours, or None. Case never counts; an extension may be ""."""
        address = find(recipient)
        if address is None:
            return None
        if address.key in self.bases:
            return address.key, ""
        local, found, extension = address.local.partition(self.delimiter)
        base = Address(local, address.domain).key
        return (base, extension) if found and base in self.bases else None

    def own(self, recipient: str) -> bool:
        return self.split(recipient) is not None


# Kept together, so that what the writer makes and the reader takes apart cannot differ.
def extended(base: str, delimiter: str, extension: str) -> str:
    """desk@example.org and an extension as one address."""
    local, _, domain = base.partition("@")
    return f"{local}{delimiter}{extension}@{domain}"


def message_id(token: str, domain: str) -> str:
    """Our Message-ID, without angle brackets: the letter, signed."""
    return f"{token}@{domain}"


def read_message_id(text: str) -> Token | None:
    """The token of a Message-ID that has the form of ours, or None. Believed only when the ring verifies it."""
    token = read(text.strip("<>").partition("@")[0])
    return token if token is not None and token.purpose is Purpose.MESSAGE_ID and token.second is None else None
