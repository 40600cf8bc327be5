"""Asking for what can be done with a grant and its instalments."""

from domain.commands.grants import completing, instalments, offering, payee, reports, scheduling
from domain.commands.grants.completing import CompleteGrant
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

__all__ = [
    "COMMANDS",
    "AcceptGrant",
    "AcceptGrantReport",
    "ApproveInstalment",
    "CompleteGrant",
    "ConfirmGrantPayee",
    "DeclineGrant",
    "FailInstalment",
    "InstructInstalment",
    "LapseGrant",
    "OfferGrant",
    "RequestInstalment",
    "ReturnGrantReport",
    "ScheduleGrant",
    "SetGrantPayee",
    "SettleInstalment",
    "SubmitGrantReport",
]

COMMANDS = (
    *offering.COMMANDS,
    *payee.COMMANDS,
    *scheduling.COMMANDS,
    *reports.COMMANDS,
    *completing.COMMANDS,
    *instalments.COMMANDS,
)
