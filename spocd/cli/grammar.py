"""How a command is declared: with an example, with the options that stand everywhere, and loaded when it is named."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import click

from spocd.cli import asked

_TORN_NOWHERE = "\u2011"  # a hyphen at which no line is broken


class _Formatter(click.HelpFormatter):
    """Breaks the lines of a help between words alone: click would break --no-input at its second hyphen."""

    def write(self, string: str) -> None:
        super().write(string.replace(_TORN_NOWHERE, "-"))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _whole(args), prefix)

    def write_text(self, text: str) -> None:
        super().write_text(_whole(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(_whole(term), _whole(said)) for term, said in rows], col_max, col_spacing)


def _whole(text: str) -> str:
    return text.replace("-", _TORN_NOWHERE)


class _Context(click.Context):
    formatter_class = _Formatter


def _write_options(formatter: click.HelpFormatter, context: click.Context, options: list[click.Parameter]) -> None:
    records = [option.get_help_record(context) for option in options if isinstance(option, click.Option)]
    rows = [record for record in records if record is not None]
    if rows:
        with formatter.section("Options"):
            formatter.write_dl(rows)


def _write_everywhere(formatter: click.HelpFormatter) -> None:
    names = ", ".join("/".join(option.opts) for option in asked.EVERYWHERE)
    with formatter.section("Everywhere"):
        formatter.write_text(f"{names}, --help. `spocd --help` says what they do.")


class Command(click.Command):
    """One verb. `example` is a command line that works, shown with its help.

    `lists` gives it --limit, --all, --cursor and --fail-empty; `may_find_nothing` the last of these alone; `if_rev`
    gives it --if-rev; `writes` --key, --dry-run and --yes. What does not write takes no option that is empty.
    """

    context_class = _Context

    def __init__(
        self,
        *args: Any,
        example: str,
        lists: bool = False,
        may_find_nothing: bool = False,
        if_rev: bool = False,
        writes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.may_be_empty = writes  # where "" takes a value away; what only reads is narrowed by its options
        self.params += asked.LIST if lists else ()
        self.params += (asked.FAIL_EMPTY,) if lists or may_find_nothing else ()
        self.params += (asked.IF_REV,) if if_rev else ()
        self.params += asked.WRITE if writes else ()

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *asked.EVERYWHERE]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        if not self.may_be_empty and not ctx.resilient_parsing:
            self._refuse_empty(ctx)
        return rest

    def _refuse_empty(self, ctx: click.Context) -> None:
        """Refuse an option without a value: a variable that is not set must not make a list one of everything."""
        for option in self.params:
            value = ctx.params.get(str(option.name)) if isinstance(option, click.Option) else None
            if isinstance(value, str) and not value.strip():
                raise asked.empty(option, ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return asked.HELP

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_options(formatter, ctx, self.params)
        _write_everywhere(formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            # write_text would break a long command line in two.
            for line in self.example.splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Noun(click.Group):
    """A group of verbs. `lazy` maps a name to where it is (`module:attribute`) and its short help.

    The short helps stand in the map because click would otherwise import every command to list them, and because a
    command that is not asked for must cost nothing.
    """

    command_class = Command
    context_class = _Context

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *asked.EVERYWHERE]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return asked.HELP

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.lazy, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where, _ = self.lazy.get(cmd_name, ("", ""))
        if not where:
            return self.commands.get(cmd_name)
        module, _, attribute = where.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            raise click.UsageError(self._not_known(ctx, name), ctx)
        return super().resolve_command(ctx, args)

    def _not_known(self, ctx: click.Context, name: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, self.list_commands(ctx), n=1)
        meant = f" Did you mean “{near[0]}”?" if near else ""
        return f"There is no command “{name}” here.{meant}"

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        if ctx.parent is None:
            _write_options(formatter, ctx, self.get_params(ctx))
        else:
            _write_everywhere(formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            _, short = self.lazy.get(name, ("", ""))
            rows.append((name, short or self.commands[name].get_short_help_str(90)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
