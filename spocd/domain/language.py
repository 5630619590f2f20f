"""Which language a person is written to in: the one that they write in, without a change at every borrowed sentence."""

from __future__ import annotations

from dataclasses import dataclass

ENOUGH = 20  # words of a first mail that say what its writer speaks


@dataclass(frozen=True, slots=True)
class Tongue:
    """What is known: the language that a person is answered in, and another that their last mail was in."""

    language: str | None
    other: str | None


def heard(known: Tongue, language: str | None, words: int) -> Tongue:
    """What is known after a mail in this language (None: it could not be told) with so many new words.

    The first mail that is long enough decides; later two in a row in another language do.
    """
    if language is None:
        return known
    if known.language is None:
        return Tongue(language, None) if words >= ENOUGH else known
    if language == known.language:
        return Tongue(language, None)
    return Tongue(language, None) if language == known.other else Tongue(known.language, language)
