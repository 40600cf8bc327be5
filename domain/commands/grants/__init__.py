"""Asking for what can be done with a grant and its instalments."""

from domain.commands.grants import (
    amending,
    ending,
    instalments,
    offering,
    payee,
    reports,
    scheduling,
    suspending,
)
from domain.commands.grants.amending import (
    AcceptGrantAmendment,
    DeclineGrantAmendment,
    ProposeGrantAmendment,
)
from domain.commands.grants.ending import CompleteGrant, TerminateGrant
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
    SettleInstalment,
)
from domain.commands.grants.offering import AcceptGrant, DeclineGrant, LapseGrant, OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import AcceptGrantReport, ReturnGrantReport, SubmitGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.grants.suspending import ResumeGrant, SuspendGrant

__all__ = [
    "COMMANDS",
    "AcceptGrant",
    "AcceptGrantAmendment",
    "AcceptGrantReport",
    "ApproveInstalment",
    "CompleteGrant",
    "ConfirmGrantPayee",
    "DeclineGrant",
    "DeclineGrantAmendment",
    "FailInstalment",
    "InstructInstalment",
    "LapseGrant",
    "OfferGrant",
    "ProposeGrantAmendment",
    "RequestInstalment",
    "ResumeGrant",
    "ReturnGrantReport",
    "ScheduleGrant",
    "SetGrantPayee",
    "SettleInstalment",
    "SubmitGrantReport",
    "SuspendGrant",
    "TerminateGrant",
]

COMMANDS = (
    *offering.COMMANDS,
    *payee.COMMANDS,
    *scheduling.COMMANDS,
    *reports.COMMANDS,
    *suspending.COMMANDS,
    *amending.COMMANDS,
    *ending.COMMANDS,
    *instalments.COMMANDS,
)
