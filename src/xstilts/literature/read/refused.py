"""Why a file is not read.

In: the reason in words. Out: ``Refused``, which the command prints beside the file's name before it goes on.
"""


class Refused(Exception):
    """A file that cannot be used, and why."""
