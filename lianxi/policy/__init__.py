"""The plan and the law as dated data: who owes what, to whom a tip goes, by when, under which sentence. Plain Python."""
