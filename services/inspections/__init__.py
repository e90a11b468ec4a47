"""The inspections desk (巡查): the register of rentals, their grades, and the visits that are due to each."""
