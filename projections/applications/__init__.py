"""Applications as they can be asked about: `handlers` keep the tables; `lists` and `details` answer from them."""

from projections.applications.details import ApplicationDetail, one, shown
from projections.applications.handlers import PROJECTION
from projections.applications.lines import ApplicationLine
from projections.applications.lists import mine, of_call

__all__ = ["PROJECTION", "ApplicationDetail", "ApplicationLine", "mine", "of_call", "one", "shown"]
