"""Does something that is known beforehand about a pair of tasks tell how much one helps the other.

In: texts, sizes, gains. Out: similarities, and how well they rank intermediate tasks. Formulas and sources:
docs/science.md.
"""
