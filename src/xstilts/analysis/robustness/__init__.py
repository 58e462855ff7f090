"""How far predictions about pairs of sentences stand what should not change them, and notice what should.

In: predictions of paraphrases, and of the same pairs changed. Out: shares and a slope. Formulas and sources:
docs/science.md.
"""
