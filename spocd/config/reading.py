"""Read spocd.toml and check it as a whole, so that one run of `spocd config check` names every fault."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spocd.config import files, values
from spocd.config.finding import MAKE_ONE
from spocd.config.options import Fault, decoded, described, kept, nearest, toml, worded, wrong
from spocd.config.sections import SECTIONS, Config
from spocd.errors import Misconfigured

_MOST_OCTETS = 262_144


def load(path: Path) -> Config:
    """The configuration in `path`; Misconfigured names every fault in it and in the files that it names."""
    text = _text(path)
    config, faults = _read(text, path)
    known = {fault.key for fault in faults}
    faults += [fault for fault in _wrong_files(config) if fault.key not in known]
    if faults:
        raise Misconfigured(worded(faults, text, path))
    return config


def parse(text: str, path: Path) -> Config:
    """The configuration that `text` is, as if it stood in `path`. The files that it names may still be missing."""
    config, faults = _read(text, path)
    if faults:
        raise Misconfigured(worded(faults, text, path))
    return config


def check_given(text: str, path: Path, options: Mapping[str, str]) -> None:
    """Refuse what would be wrong in `path`, which is not there yet: each fault by the option of its key."""
    _, faults = _read(text, path)
    if faults:
        raise Misconfigured([f"{options.get(each.key, each.key)} {each.sentence}" for each in faults])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_OCTETS + 1)
    except FileNotFoundError:
        raise Misconfigured(
            [f"{path}: there is no such file. Name another with --config, or make a desk: {MAKE_ONE}"]
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Misconfigured([f"{path}: cannot be read: {why}"]) from None
    if len(content) > _MOST_OCTETS:
        raise Misconfigured([f"{path}: has more than {_MOST_OCTETS} octets; this is no spocd.toml"])
    return decoded(content, path)


def _read(text: str, path: Path) -> tuple[Config, list[Fault]]:
    """What the text says, with defaults in place of what is wrong, and every fault of its values."""
    table = toml(text, path)
    faults = list(_unknown(table))
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        given = table.get(name, {})
        sections[name] = kind(**_options(kind, given if isinstance(given, dict) else {}, f"{name}.", faults))
    config = Config(path=_home(path), **sections, **_options(Config, table, "", faults))
    known = {fault.key for fault in faults}
    faults += [fault for fault in _contradictions(config) if fault.key not in known]
    return config, faults


def _home(path: Path) -> Path:
    """Where the file itself stands: a link in /etc/spocd leads to the desk's folder, which paths are relative to."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path.absolute()


def _unknown(table: Mapping[str, Any]) -> Iterator[Fault]:
    """Every key and section that spocd does not have."""
    top = {option.name for option in described(Config)}
    for name, value in table.items():
        if name in SECTIONS:
            if isinstance(value, dict):
                options = {option.name for option in described(SECTIONS[name])}
                yield from (_not_known(f"{name}.{key}") for key in value if key not in options)
            else:
                yield Fault(name, f"is the name of a section; write [{name}] on a line of its own, its options below")
        elif isinstance(value, dict):
            near = nearest(name, list(SECTIONS))
            meant = f'did you mean "{near}"?' if near else f"the sections are: {', '.join(SECTIONS)}"
            yield Fault(name, f"is not known; {meant}", noun="section")
        elif name not in top:
            yield _not_known(name)


def _not_known(key: str) -> Fault:
    """A key that spocd does not have, with the one that was meant, or those that stand in its section."""
    section, _, last = key.rpartition(".")
    every = {f"{name}.{option.name}": option.name for name, kind in SECTIONS.items() for option in described(kind)}
    every |= {option.name: option.name for option in described(Config)}
    beside = [option for known, option in every.items() if known.startswith(f"{section}.")]
    near = nearest(last, beside) or nearest(last, list(every.values()))
    meant = [known for known, option in every.items() if option == near]
    if meant:
        # A name such as `connections` stands in two sections: the one at hand is meant.
        whole = f"{section}.{near}" if near in beside else meant[0]
        return Fault(key, f'is not known; did you mean "{whole}"?')
    otherwise = f"[{section}] has: {', '.join(beside)}" if beside else "every option stands below a [section]"
    return Fault(key, f"is not known; {otherwise}")


def _options(kind: Any, given: Mapping[str, Any], prefix: str, faults: list[Fault]) -> dict[str, Any]:
    """The values given that are right; adds the faults of the others. A required one that is wrong becomes ""."""
    right: dict[str, Any] = {}
    for option in described(kind):
        key = prefix + option.name
        required = option.default is option.default_factory is dataclasses.MISSING
        if option.name in given:
            found = list(wrong(option, given[option.name], key))
            if not found:
                right[option.name] = kept(given[option.name])
                continue
            faults += found
        elif required:
            faults.append(Fault(key, f'is missing; write {option.name} = "desk@example.org" below [{prefix[:-1]}]'))
        if required:
            right[option.name] = ""
    return right


def _contradictions(config: Config) -> Iterator[Fault]:
    """Values that are right by themselves and wrong together."""
    desk, listen, relay = config.desk, config.listen, config.relay
    holding = (
        f'must not hold the delimiter "{desk.delimiter}" in front of the @; use another address or another delimiter'
    )
    for key, each in [("desk.address", desk.address), *((f"desk.addresses.{each}", each) for each in desk.addresses)]:
        if desk.delimiter in each.partition("@")[0]:
            yield Fault(key, holding)
    if len({each.casefold() for each in desk.addresses}) < len(desk.addresses):
        yield Fault("desk.addresses", "holds an address twice; capitals do not tell two addresses apart")
    if listen.certificate and not listen.certificate_key:
        yield Fault("listen.certificate", "is set without its key; name it as listen.certificate_key")
    if listen.certificate_key and not listen.certificate:
        yield Fault("listen.certificate_key", "is set without its certificate; name it as listen.certificate")
    if listen.require_tls and not listen.certificate:
        yield Fault("listen.require_tls", "is true, but there is no TLS without listen.certificate; name one")
    if config.file(listen.lmtp) == config.file(listen.control):
        yield Fault("listen.control", "is the same socket as listen.lmtp; name another file")
    yield from _relay_contradictions(relay)


def _relay_contradictions(relay: Any) -> Iterator[Fault]:
    if relay.user and not relay.password_file:
        yield Fault("relay.user", "is set without a password; name the file that holds it as relay.password_file")
    if relay.password_file and not relay.user:
        yield Fault("relay.password_file", "is set without a user; write the user as relay.user")
    if relay.tls == "never" and relay.url.startswith("smtps:"):
        yield Fault("relay.tls", 'is "never", but the scheme smtps is TLS; write "verify", or smtp:// in relay.url')
    elif relay.tls == "never" and relay.user and not values.on_loopback(relay.url):
        yield Fault(
            "relay.tls", 'is "never", which would send the password of relay.user in clear text; write "verify"'
        )


def _wrong_files(config: Config) -> Iterator[Fault]:
    """The files that the configuration names and that are missing, or open to others."""
    named = [
        ("store.password_file", config.store.password_file, files.closed),
        ("relay.password_file", config.relay.password_file, files.closed),
        ("listen.certificate", config.listen.certificate, files.there),
        ("listen.certificate_key", config.listen.certificate_key, files.key),
    ]
    # A missing secret is no fault of this file: `check_secret` says so at start.
    if os.path.lexists(config.file(config.secret)):
        named.append(("secret", config.secret, files.closed))
    for key, name, check in named:
        if name:
            try:
                check(config.file(name))
            except ValueError as error:
                yield Fault(key, f"names {config.file(name)}, which {error}")
