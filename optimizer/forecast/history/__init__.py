"""History: demand as it was, fitted: trend, seasonality, the shapes of day and week, and how far off such fits were."""

from optimizer.forecast.history.outlook import Outlook, outlook_of
from optimizer.forecast.history.reading import History, read_history

__all__ = ["History", "Outlook", "outlook_of", "read_history"]
