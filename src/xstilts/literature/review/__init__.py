"""An automated checklist of how a study reports: named items with reasons, three kinds of evidence, people beside them.

In: a document's text, or a report page in Markdown; scores of people. Out: for every item what each rule found, with
the quotation's place, and how far they agree. It reads what is said, not what was done: *not found* is not *no*, and a
tick is no proof. There is no sum, because items do not weigh alike and nobody has measured how they should.
"""
