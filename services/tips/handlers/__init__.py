"""What the tips desk does when it is told or asked something, or a limit passes."""

from services.tips.handlers.tips import TipHandlers

__all__ = ["TipHandlers"]
