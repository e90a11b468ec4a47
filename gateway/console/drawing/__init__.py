"""The pictures of the console: drawn on the server as SVG, each with a title that says its numbers and a table as twin.

Every picture is a pure function of words and numbers that are in its reader's language already. Nothing is styled
inside: colours and sizes are presentation attributes, so that a page's policy needs no exception for them.
"""
