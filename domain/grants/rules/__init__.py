"""The rules for grants: one function for each command.

A payment involves three people: the recipient requests it, and two others approve it. The rules do not rely on access
alone for that: they compare the approvers themselves, by person.
"""

from domain.grants.rules.amending import accept as accept_amendment
from domain.grants.rules.amending import decline as decline_amendment
from domain.grants.rules.amending import propose as propose_amendment
from domain.grants.rules.completing import complete
from domain.grants.rules.instalments import approve, fail, instruct, request, settle
from domain.grants.rules.offering import accept, decline, lapse, offer
from domain.grants.rules.payee import confirm_payee, set_payee
from domain.grants.rules.reports import accept_report, return_report, submit_report
from domain.grants.rules.scheduling import Planned, PlannedInstalment, pay_at_once, schedule
from domain.grants.rules.screening import record as record_screening
from domain.grants.rules.stopping import resume, suspend, terminate
from domain.grants.rules.ties import end_decisions

__all__ = [
    "Planned",
    "PlannedInstalment",
    "accept",
    "accept_amendment",
    "accept_report",
    "approve",
    "complete",
    "confirm_payee",
    "decline",
    "decline_amendment",
    "end_decisions",
    "fail",
    "instruct",
    "lapse",
    "offer",
    "pay_at_once",
    "propose_amendment",
    "record_screening",
    "request",
    "resume",
    "return_report",
    "schedule",
    "set_payee",
    "settle",
    "submit_report",
    "suspend",
    "terminate",
]
