"""Figures of a report, one file a kind: from values of the analyses to a drawing and the numbers in it."""
