"""What the tips desk answers."""

from services.tips.views.tips import TipViews

__all__ = ["TipViews"]
