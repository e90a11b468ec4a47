"""What the reporting desk does: facts and stage reports, supervision orders, tools of governance."""
