"""The names of the indexes that commands need across streams, written and read together with the facts."""

from __future__ import annotations


def applications_of(round_id: str) -> str:
    """The applications received by a round."""
    return f"applications of {round_id}"


def applications_by(person_id: str, round_id: str) -> str:
    """The applications that a person submitted to a round, for nobody judges a round in which they applied."""
    return f"applications by {person_id} in {round_id}"


def submissions_of(person_id: str) -> str:
    """All applications that a person ever submitted, which end with the person's erasure."""
    return f"submissions of {person_id}"


def reviews_of(application_id: str) -> str:
    """The reviews of an application, the declined ones and those of recused jurors included."""
    return f"reviews of {application_id}"


def reviews_in(round_id: str) -> str:
    """The reviews of all applications of a round, the same as in `reviews_of`, so that one look finds them all."""
    return f"reviews in {round_id}"


def judged_by(person_id: str, round_id: str) -> str:
    """The applications of a round that a person was asked to judge, whatever became of it."""
    return f"judged by {person_id} in {round_id}"


def conflicts_of(person_id: str, round_id: str) -> str:
    """The applications of a round with which a person declared a conflict of interest."""
    return f"conflicts of {person_id} in {round_id}"


def deciders_of(panel_id: str) -> str:
    """The persons who set an outcome in a panel, for none of them confirms it."""
    return f"deciders of {panel_id}"


def rounds_of(call_id: str) -> str:
    """The rounds of a call."""
    return f"rounds of {call_id}"


def instructed_on(grant_id: str, instalment: int) -> str:
    """The days, in UTC and as ``2026-03-02``, on which the bank was told to pay an instalment: the fact of it has no
    time of its own, and no rule reads an envelope."""
    return f"days on which instalment {instalment} of {grant_id} was instructed"


def grants_of(call_id: str) -> str:
    """The grants offered under a call, the declined ones included."""
    return f"grants of {call_id}"
