"""What the reporting desk reads: facts and clauses, stage reports, supervision orders, tools of governance."""
