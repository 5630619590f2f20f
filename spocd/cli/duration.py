"""How long something took, as a person reads it: the one place that writes it."""

from __future__ import annotations

# Each with its size in seconds, and with what is shown beside it: the next smaller one, but for no seconds and no more.
_UNITS = (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "", 60), ("s", 1, "", 1))


def duration(seconds: int) -> str:
    """A time in its two largest units, rounded to the smaller one, a half up: 3 d 4 h, 1 h 40 min, 12 s."""
    for name, size, lesser, step in _UNITS:
        # Rounded first: 59 min 30 s is an hour.
        rounded = (seconds + step // 2) // step * step
        if rounded >= size:
            rest = rounded % size // step
            return f"{rounded // size} {name}" + (f" {rest} {lesser}" if rest and lesser else "")
    return "0 s"
