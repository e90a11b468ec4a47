"""The reporting desk (通报考核): facts of every event, the state of the plan's sentences, stage reports."""
