"""How long something took, as a person reads it: the one place that writes it."""

from __future__ import annotations

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def duration(seconds: int) -> str:
    """A time in its two largest units, rounded to the smaller one, a half up: 3 d 4 h, 1 h 40 min, 12 s.

    Minutes have no seconds beside them.
    """
    step = 3600 if seconds >= 86400 else 60 if seconds >= 60 else 1
    # Rounded first: 59 min 30 s is an hour.
    left = (seconds + step // 2) // step * step
    parts = []
    for name, size in _UNITS:
        count, left = divmod(left, size)
        parts += [f"{count} {name}"] if count else []
    return " ".join(parts) or "0 s"
