"""How far what a model says of its own certainty can be believed: pure functions of arrays, one family a file.

In: logits, probabilities, confidences and labels. Out: errors, scores and rescaled probabilities. ``measures`` joins
them for one set of predictions. Formulas, sources and where other libraries differ: docs/science.md.
"""
