"""What crosses a door between processes: events, commands, questions and answers, as frozen dataclasses."""
