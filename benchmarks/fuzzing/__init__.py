"""Broken input by the thousand: how files are broken (``breaking``), who reads them (``readers``, ``commands``), what
watches them (``watch``), and the search that follows coverage (``guided``). ``benchmarks.fuzz`` runs it."""
