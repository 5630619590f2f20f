"""Read desk.toml against the desk that stands, every fault at once; and write it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spocd.config import values
from spocd.config.desk_entries import EXAMPLES, KINDS, defaults
from spocd.config.desk_values import KEY, login
from spocd.config.options import Fault, described, nearest, toml, worded, wrong
from spocd.domain.desk_file import Entries, merged
from spocd.errors import Misconfigured

Given = dict[str, dict[str, dict[str, Any]]]
_HEAD = """\
# desk.toml: what this desk is, as `spocd export` writes it. `spocd apply desk.toml --dry-run` shows what would change.
"""
_MOST_NAMED = 12


def read(text: str, name: str, standing: Entries, *, language: str, remove: bool, own: Callable[[str], bool]) -> Given:
    """The entries that a desk.toml gives; Misconfigured names every fault, with the line in the file `name`.

    What it names may stand in the file or in the desk; with `remove` only what is in the file will stand. A text
    without a language is in the desk's, `language`. `own` says which addresses are the desk's.
    """
    table = toml(text, name, "desk.toml")
    given, faults = checked(table, standing, language=language, remove=remove)
    faults += _addresses_of_the_desk(given, own)
    if faults:
        raise Misconfigured(worded(faults, text, name))
    return given


def checked(
    table: Mapping[str, Any], standing: Entries, *, language: str, remove: bool = False
) -> tuple[Given, list[Fault]]:
    """What of the tables is right, each value in its one form, and the faults of the rest."""
    given: Given = {}
    faults: list[Fault] = []
    for kind, entries in table.items():
        faults += _wrong_kind(kind, entries)
        if kind not in KINDS or not isinstance(entries, dict):
            continue
        for key, options in entries.items():
            if strange := _wrong_entry(kind, key, options):
                faults.append(strange)
            else:
                given.setdefault(kind, {})[key] = _options(kind, key, options, language, faults)
    wrong_already = {fault.key for fault in faults}
    together = [
        *_missing(given, table, standing, remove=remove),
        *_dangling(given, table, standing, remove=remove),
        *_shared(given, standing, remove=remove),
    ]
    return given, faults + [fault for fault in together if fault.key not in wrong_already]


def _wrong_kind(kind: str, entries: Any) -> Iterator[Fault]:
    if kind in KINDS:
        if not isinstance(entries, dict):
            yield Fault(
                kind, f"is the name of a section; write [{EXAMPLES[kind]}] on a line of its own, its keys below"
            )
    elif isinstance(entries, dict):
        near = nearest(kind, list(KINDS))
        yield Fault(
            kind,
            f'is not known; did you mean "{near}"?' if near else f"is not known; the sections are: {', '.join(KINDS)}",
            noun="section",
        )
    else:
        yield Fault(kind, "is not known; every key stands below a section such as [teams.network]")


def _wrong_entry(kind: str, key: str, options: Any) -> Fault | None:
    """Why an entry is none: its key, or what it is."""
    if not isinstance(options, dict):
        return Fault(f"{kind}.{key}", f"is no section; write [{EXAMPLES[kind]}] on a line of its own, its keys below")
    if kind == "agents":
        try:
            login(key)
        except ValueError as error:
            return Fault(f"{kind}.{key}", str(error), noun="section")
    if kind != "agents" and not KEY.fullmatch(key):
        return Fault(
            f"{kind}.{key}", "has no short name; write small letters, digits, - _ . and at most 40 of them", "section"
        )
    return None


def _options(kind: str, key: str, options: Mapping[str, Any], language: str, faults: list[Fault]) -> dict[str, Any]:
    """The values of one entry that are right, each in its one form; adds the faults of the others."""
    known = {option.name: option for option in described(KINDS[kind])}
    right: dict[str, Any] = {}
    for name, value in options.items():
        path = f"{kind}.{key}.{name}"
        if name not in known:
            faults.append(_not_known(kind, key, name, list(known)))
            continue
        found = list(wrong(known[name], value, path))
        if not found:
            try:
                right[name] = _in_its_form(known[name], value, language)
            except ValueError as error:
                found.append(Fault(path, str(error)))
        faults += found
    return right


def _in_its_form(option: dataclasses.Field[Any], value: Any, language: str) -> Any:
    if "str | Mapping" in str(option.type) and isinstance(value, str):
        value = {language: value} if value else {}
    return option.metadata["form"](value)


def _not_known(kind: str, key: str, name: str, known: list[str]) -> Fault:
    path = f"{kind}.{key}.{name}"
    if near := nearest(name, known):
        return Fault(path, f'is not known; did you mean "{near}"?')
    return Fault(path, f"is not known; an entry of [{kind}] has: {', '.join(known)}")


def _missing(given: Given, table: Mapping[str, Any], standing: Entries, *, remove: bool) -> Iterator[Fault]:
    """The keys that a new entry cannot be without."""
    for kind, entries in given.items():
        for key in entries:
            there = {} if remove else standing.get(kind, {}).get(key, {})
            for option in described(KINDS[kind]):
                required = option.default is option.default_factory is dataclasses.MISSING
                if required and option.name not in table[kind][key] and option.name not in there:
                    lacks = f"has no {option.name}; write {option.name} = {option.metadata['example']} below it"
                    yield Fault(f"{kind}.{key}", lacks, noun="section")


def _dangling(given: Given, table: Mapping[str, Any], standing: Entries, *, remove: bool) -> Iterator[Fault]:
    """The values that name an entry which there will not be."""
    future = merged(standing, given, {kind: {} for kind in KINDS}, remove=remove)
    for kind, entries in given.items():
        for option in described(KINDS[kind]):
            other = option.metadata["refers"]
            for key in entries if other else ():
                value = entries[key].get(option.name) or []
                for name in [value] if isinstance(value, str) else value:
                    if name not in future[other] and name not in table.get(other, ()):
                        sentence = _no_such(name, other, list(future[other]), standing.get(other, {}))
                        yield Fault(f"{kind}.{key}.{option.name}", sentence)


def _no_such(name: str, kind: str, known: list[str], standing: Mapping[str, Any]) -> str:
    noun = kind.removesuffix("s")
    said = f"names {values.shown(name)}, and there is no such {noun}"
    if name in standing:
        return f"names the {noun} {values.shown(name)}, which is not in this file, and --remove takes away what is not"
    if near := nearest(name, known):
        return f'{said}; did you mean "{near}"?'
    if not known:
        return f"{said}; there is none yet: write one, as in [{EXAMPLES[kind]}]"
    more = ", …" if len(known) > _MOST_NAMED else ""
    return f"{said}; there are: {', '.join(sorted(known)[:_MOST_NAMED])}{more}"


def _addresses_of_the_desk(given: Given, own: Callable[[str], bool]) -> Iterator[Fault]:
    """Where notices would go to the desk, which does not write to itself."""
    for kind in ("agents", "teams"):
        for key, fields in given.get(kind, {}).items():
            if (address := fields.get("address")) and own(address):
                sentence = f"is {values.shown(address)}, an address of this desk; name one that is read by people"
                yield Fault(f"{kind}.{key}.address", sentence)


def _shared(given: Given, standing: Entries, *, remove: bool) -> Iterator[Fault]:
    """What only one entry can have, and two would: a uid, an agent's address, a domain."""
    future = merged(standing, given, {kind: {} for kind in KINDS}, remove=remove)
    for kind, option in (("agents", "uid"), ("agents", "address"), ("organisations", "domains")):
        owner: dict[Any, str] = {}
        asked = given.get(kind, {})
        # What stands comes first, then the file from its top: the fault is where the second one is.
        for key in (*(each for each in future[kind] if each not in asked), *asked):
            value = future[kind][key].get(option)
            for one in value if isinstance(value, list) else [] if value in (None, "") else [value]:
                first = owner.setdefault(one.casefold() if isinstance(one, str) else one, key)
                if first != key:
                    sentence = (
                        f"{'holds' if option == 'domains' else 'is'} {one if option == 'uid' else values.shown(one)}"
                    )
                    noun = kind.removesuffix("s")
                    yield Fault(f"{kind}.{key}.{option}", f'{sentence}, which the {noun} "{first}" has already')


def render(entries: Entries, *, language: str) -> str:
    """The desk.toml of these entries. Keys at their default are left out; a text in `language` alone stands plain."""
    import tomli_w

    blank = defaults()
    blocks = [_HEAD]
    for kind in KINDS:
        for key, fields in sorted(entries.get(kind, {}).items()):
            shown = {name: _plain(kind, name, value, language) for name, value in _told(fields, blank[kind])}
            blocks.append(tomli_w.dumps({kind: {key: _sections_last(shown)}}, multiline_strings=True))
    return "\n".join(blocks)


def _told(fields: Mapping[str, Any], blank: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, fields[name]) for name in blank if fields[name] != blank[name])


def _plain(kind: str, name: str, value: Any, language: str) -> Any:
    types = {option.name: str(option.type) for option in described(KINDS[kind])}
    if "str | Mapping" in types[name] and list(value) == [language]:
        return value[language]
    return value


def _sections_last(fields: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(fields.items(), key=lambda pair: isinstance(pair[1], dict)))
