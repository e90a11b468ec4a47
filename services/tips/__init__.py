"""The tips desk (受理): takes in reports, gives each to the desk that must act, and answers the informant."""
