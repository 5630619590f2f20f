"""`spocd apply` and `spocd export`: the desk as a file."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import asked, confirm, standard_input, tell
from spocd.cli.call import call, write
from spocd.cli.grammar import Command
from spocd.cli.show import Column, Document, Shape
from spocd.cli.visible import line
from spocd.errors import Misconfigured

MOST_OCTETS = 512 * 1024  # so that a call with it fits the control socket
CHANGE = Shape(
    identity="key",
    columns=(
        Column("what", "WHAT"),
        Column("kind", "KIND"),
        Column("key", "KEY"),
        Column("field", "FIELD"),
        Column("was", "WAS", gives_way=True),
        Column("now", "NOW", gives_way=True),
    ),
    fields=("what", "kind", "key", "field", "was", "now"),
)
_SIGNS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}


@click.command(cls=Command, writes=True, example="spocd apply desk.toml --dry-run")
@click.argument("file", metavar="FILE|-")
@click.option("--remove", is_flag=True, help="Take away what the file does not have; agents leave and stay on record.")
def apply(file: str, remove: bool) -> None:
    """Make the desk what a desk.toml says: teams, agents, services, calendars, organisations, canned answers.

    What the file does not name is left as it is, unless --remove. Each change is shown: + added, ~ changed, - removed.
    A file with a fault changes nothing, and every fault is a line.
    """
    text, name = _read(file)
    if asked().may_ask and not asked().yes and not asked().dry_run:
        foreseen = call("desk.apply", text=text, name=name, remove=remove, dry_run=True)
        _show(foreseen)
        if not foreseen["changes"]:
            return None
        confirm("Make the desk so?")
        write("desk.apply", text=text, name=name, remove=remove)
        return tell("done")
    return _show(write("desk.apply", text=text, name=name, remove=remove))


@click.command(cls=Command, example="spocd export > desk.toml")
def export() -> None:
    """Write the desk as a desk.toml; `spocd apply` of it changes nothing."""
    found = call("desk.export")
    if asked().form == "table":
        return show.out(found["text"])
    return show.facts(found)


def _read(file: str) -> tuple[str, str]:
    """The text of the file, and how messages name it."""
    from spocd.config.options import decoded

    if file == "-":
        content, name = standard_input("the desk.toml"), "standard input"
    else:
        content, name = _content(file), file
    if len(content) > MOST_OCTETS:
        raise click.UsageError(f"{name} has more than {MOST_OCTETS // 1024} KiB. Apply it in parts, without --remove.")
    return decoded(content, name), name


def _content(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read(MOST_OCTETS + 1)
    except OSError as error:
        raise Misconfigured([f"{file}: {error.strerror}"]) from None


def _show(applied: Document) -> None:
    if asked().form == "json":
        return show.facts(applied)
    if asked().form != "table" or asked().fields:
        return show.listing([applied["changes"]], CHANGE)
    if not applied["changes"]:
        return tell("nothing to do: the desk is as the file says")
    return show.out(show.set_lines(line for change in applied["changes"] for line in _lines(change).splitlines()))


def _lines(change: Document) -> str:
    """A change as a line of its own, a text of several lines with each line that comes or goes."""
    sign, colour = _SIGNS[change["what"]]
    if change["field"] is None:
        return show.styled(f"{sign} {change['kind']} {change['key']}", fg=colour) + "\n"
    head = f"  {change['field']}: "
    if change["what"] == "changed":
        head = show.styled(f"{sign} {change['kind']} {change['key']}", fg=colour) + f" {change['field']}: "
    was, now = change["was"], change["now"]
    if "\n" in (was or "") + (now or ""):
        return head.rstrip() + "\n" + _differing(was or "", now or "")
    if change["what"] == "added":
        return f"{head}{line(now)}\n"
    return f"{head}{line(was or '-')} → {line(now or '-')}\n"


def _differing(was: str, now: str) -> str:
    """The lines that come and go, with one of those around them."""
    import difflib

    found = difflib.unified_diff(was.splitlines(), now.splitlines(), lineterm="", n=1)
    return "".join(f"    {line(each)}\n" for each in found if not each.startswith(("---", "+++", "@@")))
