"""The MTA's pipe: it hands the mail on standard input to the daemon over LMTP.

An MTA starts it for every mail, so it costs little more than Python itself: built-in modules only, no socket (which
brings selectors and enum), no argparse, and tomllib only for a spocd.toml that is written in an unusual way.

To an MTA every exit code but 75 means that the mail goes back to its sender. So whatever is not understood here is 75,
and the mail stays in the MTA's queue until somebody has mended what is wrong.
"""

import _signal  # type: ignore[import-not-found]  # typeshed has the public face only
import _socket
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

_HELP = """\
Usage: spocd pipe [--config FILE] [--recipient ADDR]... [--sender ADDR] < MAIL

Hand a mail on standard input to the desk, as an MTA does. Without flags the
recipient and the sender are taken from the environment that Postfix or Exim
sets; without these the mail goes to the desk's own address.

  --config FILE     the node's spocd.toml; else SPOCD_CONFIG, ./var/spocd.toml
                    or /etc/spocd/spocd.toml
  --recipient ADDR  whom the mail was sent to; may be given several times
  --sender ADDR     the envelope's sender; empty or MAILER-DAEMON for a bounce

Exit: 0 the mail is stored; 75 not now, the MTA keeps the mail; 65 too large or
in a loop; 77 not permitted.

  /etc/aliases       desk: "|spocd pipe --config /srv/desk/spocd.toml"
  Postfix master.cf  argv=spocd pipe --sender ${sender}
                     --recipient ${original_recipient}
"""

_DONE, _BOUNCE, _NOT_PERMITTED, _TRY_LATER = 0, 65, 77, 75
_LOOKED_FOR = ("var/spocd.toml", "/etc/spocd/spocd.toml")
_ANSWER = 30.0  # seconds in which the daemon must answer a command
_STORE = 120.0  # seconds in which it must have stored the mail
_LONGEST_SOCKET = 100  # octets of a socket's path that fit into its address
_CHUNK = 1 << 20


class _Failed(Exception):
    """The mail was not taken. `exit` tells the MTA what to do with it."""

    def __init__(self, sentence: str, exit: int = _TRY_LATER) -> None:  # noqa: A002
        super().__init__(sentence)
        self.exit = exit


def main(argv: list[str]) -> int:
    """Deliver the mail on standard input and return the exit code for the MTA."""
    try:
        for name in ("TERM", "HUP", "INT", "QUIT", "ALRM", "USR1", "USR2", "XCPU"):
            # Exim bounces a mail whose pipe dies of a signal, as happens when the machine shuts down.
            _signal.signal(getattr(_signal, f"SIG{name}"), _stopped)
        return _run(argv)
    except _Failed as failed:
        return _complain(str(failed), failed.exit)
    except OSError as error:
        return _complain(f"{error.strerror or error}; the mail is for a later try")
    except BaseException as error:
        # Its text may hold a part of the mail, and MTAs send what stands here to the sender.
        return _complain(f"something unexpected happened ({type(error).__name__}); the mail is for a later try")


def _stopped(_number: int, _frame: object) -> "NoReturn":
    raise _Failed("stopped by a signal; the mail is for a later try")


def _complain(sentence: str, code: int = _TRY_LATER) -> int:
    try:  # noqa: SIM105 (contextlib costs a millisecond)
        os.write(2, f"spocd pipe: {sentence}\n".encode("utf-8", "replace"))
    except OSError:
        pass  # nobody listens; the code says it too
    return code


def _run(argv: list[str]) -> int:
    flags = _flags(argv)
    if flags is None:
        os.write(1, _HELP.encode())
        return _DONE
    raw = _standard_input()
    if not raw:
        return _complain("standard input is empty: there is no mail to deliver", _DONE)
    mbox_sender, mail = _without_from_line(raw)
    config = flags["config"][-1] if flags["config"] else _config_file(os.environ)
    settings = _settings(config)
    recipients = flags["recipient"] or _recipient(os.environ) or [_desk_address(settings, config)]
    given = [*flags["sender"][-1:], *(os.environ[name] for name in ("SENDER",) if name in os.environ)]
    sender = _bare(given[0] if given else mbox_sender)
    path = os.path.join(os.path.dirname(config), settings.get("listen.lmtp", "run/lmtp"))
    _deliver(path, "" if sender.upper() == "MAILER-DAEMON" else sender, recipients, _on_the_wire(mail))
    return _DONE


# What we are told.


def _flags(argv: list[str]) -> dict[str, list[str]] | None:
    """The values of each flag; None for --help.

    Bare words after --recipient are further recipients: Postfix puts them there when ${recipient} has several.
    """
    found: dict[str, list[str]] = {"config": [], "recipient": [], "sender": []}
    words = list(argv)
    last = ""
    while words:
        word = words.pop(0)
        if word in ("--help", "-h"):
            return None
        name, equals, value = word[2:].partition("=") if word.startswith("--") else (last, "=", word)
        if name not in found or (name == last != "recipient" and not word.startswith("--")):
            raise _Failed(f"{word!r} is not understood; see spocd pipe --help")
        if not equals:
            if not words:
                raise _Failed(f"--{name} needs a value; see spocd pipe --help")
            value = words.pop(0)
        found[name].append(value)
        last = name
    found["recipient"] = [_bare(each) for each in found["recipient"]]
    return found


def _recipient(environ: "Mapping[str, str]") -> list[str]:
    """The recipient that the MTA's environment names; the one that the sender wrote comes before what became of it."""
    original = environ.get("ORIGINAL_RECIPIENT")  # Postfix
    if original:
        return [_bare(original)]
    if environ.get("LOCAL_PART") and environ.get("DOMAIN"):  # Exim
        parts = ("LOCAL_PART_PREFIX", "LOCAL_PART", "LOCAL_PART_SUFFIX")
        return ["".join(environ.get(each, "") for each in parts) + "@" + environ["DOMAIN"]]
    return [_bare(environ["RECIPIENT"])] if environ.get("RECIPIENT") else []


def _bare(text: str) -> str:
    """An address without the angle brackets that some configurations put around it."""
    text = text.strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def _config_file(environ: "Mapping[str, str]") -> str:
    named = environ.get("SPOCD_CONFIG")
    if named:
        return named
    for each in _LOOKED_FOR:
        if os.path.exists(each):
            return each
    raise _Failed(f"there is no {' and no '.join(_LOOKED_FOR)}; say --config FILE")


def _desk_address(settings: dict[str, str], config: str) -> str:
    try:
        return settings["desk.address"]
    except KeyError:
        raise _Failed(f"{config} has no address under [desk], and no recipient was given") from None


def _settings(config: str) -> dict[str, str]:
    """listen.lmtp and desk.address of spocd.toml, as far as they stand there."""
    try:
        with open(config, "rb") as file:
            text = file.read().decode()
    except OSError as error:
        raise _Failed(f"cannot read {config}: {error.strerror}; say --config FILE") from None
    except UnicodeDecodeError:
        raise _Failed(f"{config} is not UTF-8") from None
    found = _plain_settings(text)
    return _toml_settings(text, config) if found is None else found


def _plain_settings(text: str) -> dict[str, str] | None:
    """The settings of a file that is written in the plain way, line by line; None where any line is not.

    tomllib takes twice as long to import as Python takes to start.
    """
    found: dict[str, str] = {}
    section, in_list = "", False
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if in_list:
            in_list = not line.startswith("]")
            if in_list and (not line.startswith('"') or "]" in line):
                return None
            continue
        if line.startswith("["):
            section, end, rest = line[1:].partition("]")
            if not end or not _is_bare(section.replace(".", "")) or not _is_comment(rest):
                return None
            continue
        entry = _plain_entry(line)
        if entry is None:
            return None
        key, value = entry
        in_list = value.startswith("[") and "]" not in value
        if f"{section}.{key}" in ("listen.lmtp", "desk.address"):
            string = _plain_string(value)
            if string is None:
                return None
            found[f"{section}.{key}"] = string
    return found


def _plain_entry(line: str) -> tuple[str, str] | None:
    """Key and value of KEY = VALUE or "KEY" = VALUE, where the value ends with the line or is a list."""
    key, equals, value = line.partition("=")
    key, value = key.rstrip(), value.lstrip()
    name = _plain_string(key) if key.startswith('"') else key if _is_bare(key) else None
    if name is None or not equals or not value or value.startswith("{") or "'''" in value or '"""' in value:
        return None
    return name, value


def _is_bare(key: str) -> bool:
    return key.replace("_", "a").replace("-", "a").isalnum()


def _is_comment(rest: str) -> bool:
    return not rest.strip() or rest.lstrip().startswith("#")


def _plain_string(value: str) -> str | None:
    """The text of "TEXT" without escapes, a comment behind it allowed."""
    text, end, rest = value[1:].partition('"')
    return text if value[0] == '"' and end and "\\" not in text and _is_comment(rest) else None


def _toml_settings(text: str, config: str) -> dict[str, str]:
    import tomllib

    try:
        tables: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _Failed(f"{config}: {error}") from None
    found: dict[str, str] = {}
    for section, key in (("listen", "lmtp"), ("desk", "address")):
        table = tables.get(section)
        value = table.get(key) if isinstance(table, dict) else None
        if value is not None and not isinstance(value, str):
            raise _Failed(f"{config}: [{section}] {key} is not a text")
        if value is not None:
            found[f"{section}.{key}"] = value
    return found


# The mail.


def _standard_input() -> bytes:
    chunks = []
    while chunk := os.read(0, _CHUNK):
        chunks.append(chunk)
    return b"".join(chunks)


def _without_from_line(raw: bytes) -> tuple[str, bytes]:
    """The sender that an mbox "From " line in front names, and the mail without that line."""
    if not raw.startswith(b"From "):
        return "", raw
    line, _, mail = raw.partition(b"\n")
    words = line.split()
    return os.fsdecode(words[1]) if len(words) > 1 else "", mail


def _on_the_wire(mail: bytes) -> bytes:
    """The mail with CRLF at the end of each line, dots stuffed, and the line that ends it (RFC 5321 section 4.5.2)."""
    mail = mail.replace(b"\r\n", b"\n")
    if not mail.endswith(b"\n"):
        mail += b"\n"
    mail = mail.replace(b"\n.", b"\n..")
    if mail.startswith(b"."):
        mail = b"." + mail
    return mail.replace(b"\n", b"\r\n") + b".\r\n"


# The daemon.


def _deliver(path: str, sender: str, recipients: list[str], wire: bytes) -> None:
    """Hand the mail over. Returns only once it is stored for every recipient."""
    daemon = _Daemon(path)
    try:
        _converse(daemon, sender, recipients, wire)
    finally:
        daemon.close()


def _converse(daemon: "_Daemon", sender: str, recipients: list[str], wire: bytes) -> None:
    daemon.expect("220")
    daemon.say("LHLO pipe", "250")
    utf8 = "" if all(each.isascii() for each in (sender, *recipients)) else " SMTPUTF8"
    daemon.say(f"MAIL FROM:<{sender}> SIZE={len(wire)} BODY=8BITMIME{utf8}", "250")
    for each in recipients:
        daemon.say(f"RCPT TO:<{each}>", "250")
    daemon.say("DATA", "354")
    daemon.allow(_STORE)
    daemon.send(wire)
    for _ in recipients:
        daemon.expect("250")


class _Daemon:
    """The LMTP socket of spocd serve."""

    def __init__(self, path: str) -> None:
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._held = b""
        self.allow(_ANSWER)
        try:
            self._connect(path if len(os.fsencode(path)) <= _LONGEST_SOCKET else _near(path))
        except OSError as error:
            self.close()
            raise _Failed(f"cannot reach {path}: {error.strerror}; start spocd serve") from None

    def _connect(self, path: str) -> None:
        latest = time.monotonic() + _ANSWER
        while True:
            try:
                return self._socket.connect(path)
            except BlockingIOError:
                # A unix socket whose queue is full does not make a connection with a time limit wait.
                if time.monotonic() > latest:
                    raise
                time.sleep(0.05)

    def close(self) -> None:
        self._socket.close()

    def allow(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def say(self, line: str, code: str) -> None:
        # A line break in an address would be a command of its own.
        if any(each in line for each in "\r\n\0"):
            raise _Failed("an address holds a line break; correct the call")
        self.send(os.fsencode(line) + b"\r\n")
        self.expect(code)

    def send(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except TimeoutError:
            raise _Failed("spocd takes no more; the mail is for a later try") from None
        except OSError:
            # It has hung up, and its last line says why.
            self.expect("")
            raise

    def expect(self, code: str) -> None:
        """Read one reply; any other code than the one expected ends the delivery."""
        reply = self._reply()
        if code and reply.startswith(code):
            return
        if reply.startswith("550 5.7.1"):
            raise _Failed(reply, _NOT_PERMITTED)
        raise _Failed(reply, _BOUNCE if reply.startswith(("552", "554")) else _TRY_LATER)

    def _reply(self) -> str:
        """The last line of the next reply."""
        while True:
            line, end, rest = self._held.partition(b"\n")
            if end:
                self._held = rest
                if line[3:4] != b"-":
                    return line.decode("utf-8", "replace").rstrip()
                continue
            try:
                more = self._socket.recv(4096)
            except TimeoutError:
                raise _Failed("spocd does not answer; the mail is for a later try") from None
            if not more or len(self._held) > _CHUNK:
                raise _Failed("spocd has hung up; the mail is for a later try")
            self._held += more


def _near(path: str) -> str:
    """A short name for a long path: through its opened folder."""
    folder = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY)
    return f"/proc/self/fd/{folder}/{os.path.basename(path)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
