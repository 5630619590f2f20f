"""A service desk that lives in the mailbox and the shell."""

__version__ = "0.1.0"
