"""Which papers there are: five services asked, recorded, merged, ranked, screened.

In: a query. Out: records with counts. ``protocol.py`` says what a service is; each has one file (``arxiv.py``,
``openalex.py``, ``semantic_scholar.py``, ``crossref.py``, ``acl.py``) of two pure functions: the first request, and
what an answer says. ``asking.py`` is the only file that reaches a network, ``recordings.py`` keeps what came back,
``found.py`` puts a search together, ``merge.py``, ``rank.py`` and ``screen.py`` make of it what a reader wants.
"""
