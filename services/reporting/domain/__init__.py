"""What the reporting desk knows: facts and their figures, stage reports and drafts, the state of each sentence."""
