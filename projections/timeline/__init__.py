"""The timeline of a thing: who did what, in which role, when, why, and what it changed, fact by fact.

The table only says which timelines show a fact; the words are made when it is read. A fact is shown in the timeline of
its own stream and of what that stream belongs to: a review's also in the application's and the call's.
"""

from projections.timeline.entries import About, Timeline, TimelineEntry
from projections.timeline.queries import of_application, of_call, of_fund, of_grant

__all__ = ["About", "Timeline", "TimelineEntry", "of_application", "of_call", "of_fund", "of_grant"]
