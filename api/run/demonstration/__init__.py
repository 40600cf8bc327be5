"""The demonstration: invented people and what they did, told by real commands on a simulated calendar.

The folders `small` and `living` hold a scenario each, as TOML; docs/demonstration.md explains how to read and extend one.
"""

from api.run.demonstration.entering import FILE, DemoPerson, demonstration_people, saved_people
from api.run.demonstration.loading import LIVING, SMALL, load
from api.run.demonstration.telling import ScenarioError

__all__ = [
    "FILE",
    "LIVING",
    "SMALL",
    "DemoPerson",
    "ScenarioError",
    "demonstration_people",
    "load",
    "saved_people",
]
