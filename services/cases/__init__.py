"""The cases desk (办案): an officer opens a case, measures are recorded, suspected crime goes to the police in time."""
