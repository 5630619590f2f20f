"""`spocd report`: the map of its reports, each loaded when it is named."""

from __future__ import annotations

import click

from spocd.cli.grammar import Noun

_REPORTS = {
    "fairness": ("spocd.cli.report_fairness:fairness", "Show how long people waited, and what went before others."),
    "handovers": ("spocd.cli.report_fairness:handovers", "Show how cases changed hands, and why."),
    "journey": ("spocd.cli.journey:journey", "Show who waited for whom on a ticket, and how long."),
    "promises": ("spocd.cli.report_promises:promises", "Say what became of what was promised."),
}


@click.group(cls=Noun, lazy=_REPORTS)
def report() -> None:
    """Reports: how the desk does."""
