"""What the reader has to say about a mail beside what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

# How much of a mail is looked at. Past any of these it is still a ticket: what was read, with the whole attached.
MOST_HEADER_BLOCK = 256 * 1024  # octets
MOST_HEADER = 16 * 1024  # octets of one field that the reader uses
MOST_PARTS = 500
MOST_DEPTH = 50  # multiparts within multiparts
MOST_ADDRESSES = 500  # in To, Cc and Reply-To, each


@dataclass(slots=True)
class Notes:
    """Gathers what is said while one mail is read: `limits` where reading stopped, `warnings` what was mended."""

    warnings: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    def warn(self, sentence: str) -> None:
        """Say once what was odd."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def limit(self, sentence: str) -> None:
        """Say once where reading stopped."""
        if sentence not in self.limits:
            self.limits.append(sentence)
