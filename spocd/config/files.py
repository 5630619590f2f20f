"""Files and folders that only their owner may read or change, and the secret that stands in one of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from spocd.errors import Misconfigured

SECRET_OCTETS = 32
_OTHERS = 0o077


def there(path: Path) -> os.stat_result:
    """The status of an ordinary file, links followed; ValueError where it is none, worded to follow its name."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise ValueError("is not there") from None
    except OSError as error:
        raise ValueError(f"cannot be looked at: {error.strerror}") from None
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("is no ordinary file")
    return status


def key(path: Path) -> None:
    """A private key may be a link, and open to a group such as ssl-cert as systems keep it, but not to all."""
    if there(path).st_mode & stat.S_IROTH:
        raise ValueError(f"is open to everybody; run: chmod o= {path}")


def closed(path: Path) -> None:
    """An ordinary file, no link, that its owner alone can read and change."""
    if path.is_symlink():
        raise ValueError("is a symbolic link; put the file itself there")
    if there(path).st_mode & _OTHERS:
        raise ValueError(f"is open to others; run: chmod 600 {path}")


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Make a file that is never there in part, whatever the umask; FileExistsError where there is one already."""
    if os.path.lexists(path):
        raise FileExistsError(f"{path} is already there")
    # What a try that was killed has left behind is in nobody's way.
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(file, "wb") as writer:
        os.fchmod(file, mode)
        writer.write(content)
        writer.flush()
        os.fsync(file)
    draft.rename(path)


def write_secret(path: Path, secret: bytes | None = None) -> None:
    """Write the secret given, or a new one, as hexadecimal digits into a new file of mode 0600."""
    write_new(path, (secret or os.urandom(SECRET_OCTETS)).hex().encode() + b"\n", mode=0o600)


def check_secret(path: Path) -> bytes:
    """The 32 octets in a secret's file; Misconfigured where it is missing, a link, open to others or not a secret."""
    try:
        closed(path)
        return _secret(path)
    except ValueError as error:
        raise Misconfigured([f"{path}: the file of the secret {error}"]) from None
    except OSError as error:
        raise Misconfigured([f"{path}: the file of the secret cannot be read: {error.strerror}"]) from None


def _secret(path: Path) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(file, "rb") as reader:
        digits = reader.read(4 * SECRET_OCTETS).strip()
    try:
        secret = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != SECRET_OCTETS:
        raise ValueError(
            f"holds no secret of ours, which is {2 * SECRET_OCTETS} hexadecimal digits; restore it from a backup"
        )
    return secret
