"""What spocd costs, as ratios of two things measured in turns on one machine: `make bench`, `python -m bench NAME`.

A figure in seconds says more about the machine than about the program; a ratio to something that everybody has
(Postfix, an empty Python, the same desk when it was small) stays what it is. Nothing is written but to standard output,
and to a cache of large desks in the folder for temporary files.
"""
