"""The plan and the law as dated data: who owes what, to whom a tip goes, by when. Plain Python."""
