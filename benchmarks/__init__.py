"""The benchmark of the engine against tuned peers: ``make bench``, ``make bench ROW=3``; see ``__main__``."""
