"""What others say: documents, what they state, and whether a claim is stated there.

In: files of one's own (PDF, HTML, text, BibTeX), the catalogue's names of tasks and encoders, claims. Out: documents
with anchors, findings as verbatim sentences with their place, labels of claims with the quotation that gives them.
Nothing here reads a network but ``search``; nothing is trained; the same input gives the same output.
"""
