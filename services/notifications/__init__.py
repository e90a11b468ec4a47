"""The notifications desk (告知): a notice in the tray of every desk that an event concerns, and its acknowledgement.

A notice says what happened to which item and what is asked, never what anybody wrote. Clocks run from its delivery.
"""
