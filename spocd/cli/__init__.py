"""The command line: `spocd NOUN VERB`. One module a noun, each loaded when its noun is named and not before.

A command asks the daemon over the control socket (call.py) and shows the answer (show.py); ending.py turns whatever
goes wrong into a sentence and an exit code. What works without the daemon is in local.py.
"""
