"""`spocd init`: makes a desk."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import asked, tell
from spocd.cli.grammar import Command


@click.command(cls=Command, example="spocd init ./var --address desk@example.org --smtp 127.0.0.1:2525")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--address", required=True, metavar="ADDR", help="The address that everybody writes to.")
@click.option("--smtp", metavar="HOST:PORT", help="Where SMTP listens; port 0 takes a free one.")
@click.option("--lmtp", metavar="PATH", help="Where LMTP listens (DIR/run/lmtp).")
@click.option("--name", metavar="TEXT", help='The desk\'s name, such as "IT desk".')
@click.option("--language", metavar="CODE", help="What people are answered in at first (en).")
@click.option("--store", metavar="URL", help="The database (a SQLite file in DIR).")
@click.option("--relay", metavar="smtp://HOST:PORT", help="Where letters go; without one, into DIR/sent.")
@click.option("--admin", metavar="LOGIN", help="The first agent and administrator (you).")
@click.option("--secret", metavar="FILE", help="The secret of the desk that the database already holds.")
def init(folder: str, **choices: str | None) -> None:
    """Make a working desk in a folder, with you as its first agent and administrator."""
    from spocd.cli.local import found

    made = found(folder, **choices)
    if asked().form == "table" and not asked().fields and made["sent"].startswith("smtp"):
        show.out(show.facts_text({"relay" if name == "sent" else name: content for name, content in made.items()}))
    else:
        show.facts(made)
    if choices["admin"] and not _has_account(choices["admin"]):
        tell(
            f"this machine has no account “{choices['admin']}”, "
            f"so your own (uid {made['uid']}) is that agent and administrator"
        )
    tell(f"start it with: spocd --config {made['config']} serve")


def _has_account(login: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(login)
    except KeyError:
        return False
    return True
