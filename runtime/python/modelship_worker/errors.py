"""What a model can be refused for."""


class CannotServe(Exception):
    """The model is of a kind that cannot be served. The message says so to whoever packed it, and what to do."""
