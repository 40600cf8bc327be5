"""The kinds of letters that people get when something happened, and what each says.

A letter says that something happened in a call, and where to read more. Its subject does not even name the call,
because it is seen on a locked screen; a reader can choose subjects that do.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.messages import Message, msg


class LetterKind(enum.StrEnum):
    """The kinds of letters. Facts of initiatives name them, so a name never changes its meaning."""

    APPLICATION_RECEIVED = "application-received"
    APPLICATION_RETURNED = "application-returned"
    RETURN_DUE = "return-due"
    RETURN_LAPSED = "return-lapsed"
    APPLICATION_INVITED = "application-invited"
    INVITATION_LAPSED = "invitation-lapsed"
    DEADLINE_NEAR = "deadline-near"
    DRAFT_ENDING = "draft-ending"
    REPORT_DRAFT_ENDING = "report-draft-ending"
    APPLICATION_ELIGIBLE = "application-eligible"
    APPLICATION_DECIDED = "application-decided"
    APPLICATION_CANCELLED = "application-cancelled"
    GRANT_OFFERED = "grant-offered"
    OFFER_LAPSING = "offer-lapsing"
    OFFER_LAPSED = "offer-lapsed"
    PAYEE_SET = "payee-set"
    PAYEE_CONFIRMED = "payee-confirmed"
    GRANT_SCHEDULED = "grant-scheduled"
    PAYMENT_MADE = "payment-made"
    PAYMENT_FAILED = "payment-failed"
    REPORT_RETURNED = "report-returned"
    REPORT_ACCEPTED = "report-accepted"
    AMENDMENT_PROPOSED = "amendment-proposed"
    REVIEW_ASKED = "review-asked"
    REVIEW_DUE = "review-due"
    PANEL_OPENED = "panel-opened"
    INVITATION_DUE = "invitation-due"
    MESSAGE_RECEIVED = "message-received"
    MESSAGE_TO_STAFF = "message-to-staff"
    RECOVERY_ASKED = "recovery-asked"
    WORK_WAITS = "work-waits"


OF_ACCOUNT: Final = frozenset({LetterKind.RECOVERY_ASKED})
"""The kinds that are about a person's own account. They name no call, only the program writes them, and they come at
any hour and also to people who want no letters but those about signing in."""
OF_CALLS: Final = tuple([kind for kind in LetterKind if kind not in OF_ACCOUNT | {LetterKind.WORK_WAITS}])
"""The kinds of which an initiative can change the text."""


NEWS: Final = msg("There is news for you")
ANSWER: Final = msg("Something waits for your answer")
DATE: Final = msg("A date is near")
"""The subjects that betray nothing."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a kind of letter says. `label` is its name for officers. `says` is one sentence, which is also the subject
    for readers who chose telling ones, and the line on start pages; `more` follows in the letter. Both hold
    placeholders, of `takes`. `of_call`: it is about something in a call, which it can name."""

    label: Message
    subject: Message
    says: Message
    more: Message
    takes: frozenset[str] = frozenset()
    of_call: bool = True

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The placeholders that a text of this kind can contain, sorted."""
        return tuple(sorted({*(ALWAYS if self.of_call else ()), *self.takes}))


ALWAYS: Final = ("call", "initiative")
"""The placeholders of every kind that is about a call: its title and the initiative's name."""

_BY: Final = frozenset({"deadline"})

WORDINGS: Final[Mapping[LetterKind, Wording]] = {
    LetterKind.APPLICATION_RECEIVED: Wording(
        label=msg("Application received"),
        subject=NEWS,
        says=msg("Your application to “{call}” was received."),
        more=msg(
            "It was recorded on {received}. Its state now: {status}. On its page you can read what you sent, and see what happens "
            "next."
        ),
        takes=frozenset({"received", "status"}),
    ),
    LetterKind.APPLICATION_RETURNED: Wording(
        label=msg("Application returned with questions"),
        subject=ANSWER,
        says=msg("There are questions about your application to “{call}”."),
        more=msg(
            "Please read them on its page and send the application again by {deadline}. Without an answer, it is considered as "
            "you sent it."
        ),
        takes=_BY,
    ),
    LetterKind.RETURN_DUE: Wording(
        label=msg("Reminder: questions are not answered yet"),
        subject=DATE,
        says=msg("The questions about your application to “{call}” are not answered yet."),
        more=msg(
            "You can answer them on its page until {deadline}. After that, it is considered as you sent it."
        ),
        takes=_BY,
    ),
    LetterKind.RETURN_LAPSED: Wording(
        label=msg("Questions were not answered in time"),
        subject=NEWS,
        says=msg("The time for answering the questions about your application to “{call}” is over."),
        more=msg("It is considered as you last sent it. You do not have to do anything."),
    ),
    LetterKind.APPLICATION_INVITED: Wording(
        label=msg("Invited to the next stage"),
        subject=ANSWER,
        says=msg("Your application to “{call}” is invited to the next stage."),
        more=msg("On its page you see what is asked there, and until when you can answer."),
    ),
    LetterKind.INVITATION_LAPSED: Wording(
        label=msg("The next stage was not answered in time"),
        subject=NEWS,
        says=msg("Your application to “{call}” did not go on to the next stage."),
        more=msg("Its form for that stage was not sent before the deadline."),
    ),
    LetterKind.DEADLINE_NEAR: Wording(
        label=msg("Reminder: the deadline is near, and a form is not sent"),
        subject=DATE,
        says=msg("The deadline of “{call}” is near."),
        more=msg(
            "You began a form there and have not sent it. It is saved, and you can send it until {deadline}."
        ),
        takes=_BY,
    ),
    LetterKind.DRAFT_ENDING: Wording(
        label=msg("Reminder: a draft is about to be deleted"),
        subject=DATE,
        says=msg("A draft for “{call}” is about to be deleted."),
        more=msg(
            "It was not submitted, and its form is closed. It is deleted after {deadline}. If you still need what is written there, copy "
            "it before."
        ),
        takes=_BY,
    ),
    LetterKind.REPORT_DRAFT_ENDING: Wording(
        label=msg("Reminder: the draft of a report is about to be deleted"),
        subject=DATE,
        says=msg("The draft of your report on a grant of “{call}” is about to be deleted."),
        more=msg(
            "The report was not submitted, and nobody changed its draft for a long time. The draft is deleted after {deadline}. While the "
            "grant runs, you can still finish and submit it. Otherwise copy what you still need before then."
        ),
        takes=_BY,
    ),
    LetterKind.APPLICATION_ELIGIBLE: Wording(
        label=msg("Application eligible"),
        subject=NEWS,
        says=msg("Your application to “{call}” meets the conditions."),
        more=msg("It is judged next. You do not have to do anything; you are told when there is a decision."),
    ),
    LetterKind.APPLICATION_DECIDED: Wording(
        label=msg("Decision on an application"),
        subject=NEWS,
        says=msg("There is a decision on your application to “{call}”."),
        more=msg(
            "You can read it on its page. It is not in this letter, because others might see your mail."
        ),
    ),
    LetterKind.APPLICATION_CANCELLED: Wording(
        label=msg("Call cancelled"),
        subject=NEWS,
        says=msg("“{call}” was cancelled, and with it your application."),
        more=msg("The page of your application says why."),
    ),
    LetterKind.GRANT_OFFERED: Wording(
        label=msg("Grant offered"),
        subject=ANSWER,
        says=msg("You are offered a grant from “{call}”."),
        more=msg("Please read the offer on its page, and accept or decline it by {deadline}."),
        takes=_BY | {"amount"},
    ),
    LetterKind.OFFER_LAPSING: Wording(
        label=msg("Reminder: an offer is about to lapse"),
        subject=DATE,
        says=msg("The offer of a grant from “{call}” is about to lapse."),
        more=msg(
            "You can accept or decline it on its page until {deadline}. After that, it can no longer be accepted."
        ),
        takes=_BY | {"amount"},
    ),
    LetterKind.OFFER_LAPSED: Wording(
        label=msg("Offer lapsed"),
        subject=NEWS,
        says=msg("The offer of a grant from “{call}” has lapsed."),
        more=msg("It was not answered in time. If something prevented you, write to {initiative}."),
        takes=frozenset({"amount"}),
    ),
    LetterKind.PAYEE_SET: Wording(
        label=msg("Payee set or changed"),
        subject=NEWS,
        says=msg("Somebody set who is paid for your grant from “{call}”."),
        more=msg(
            "If it was neither you nor somebody of yours, tell {initiative} at once, and sign in to look at it."
        ),
    ),
    LetterKind.PAYEE_CONFIRMED: Wording(
        label=msg("Bank details checked"),
        subject=NEWS,
        says=msg("The bank details for your grant from “{call}” were checked and confirmed."),
        more=msg("On the grant's page you see whether you can ask for an instalment now."),
    ),
    LetterKind.GRANT_SCHEDULED: Wording(
        label=msg("Grant divided into instalments"),
        subject=NEWS,
        says=msg("The instalments of your grant from “{call}” are set."),
        more=msg(
            "On the grant's page you see when each is due, what it waits for, and whether you can ask for it now."
        ),
    ),
    LetterKind.PAYMENT_MADE: Wording(
        label=msg("Payment made"),
        subject=NEWS,
        says=msg("A payment of your grant from “{call}” was made."),
        more=msg("It can take some days to arrive. Its amount and its reference are on the grant's page."),
    ),
    LetterKind.PAYMENT_FAILED: Wording(
        label=msg("Payment failed"),
        subject=NEWS,
        says=msg("A payment of your grant from “{call}” could not be made."),
        more=msg("The grant's page says why. If the account is wrong, please correct it there."),
    ),
    LetterKind.REPORT_RETURNED: Wording(
        label=msg("Report returned"),
        subject=ANSWER,
        says=msg("There are questions about your report on the grant from “{call}”."),
        more=msg("Please read them on the grant's page and send the report again."),
    ),
    LetterKind.REPORT_ACCEPTED: Wording(
        label=msg("Report accepted"),
        subject=NEWS,
        says=msg("Your report on the grant from “{call}” was accepted."),
        more=msg("If an instalment waited for it, you can ask for that on the grant's page now."),
    ),
    LetterKind.AMENDMENT_PROPOSED: Wording(
        label=msg("Change of a grant proposed"),
        subject=ANSWER,
        says=msg("A change of your grant from “{call}” is proposed to you."),
        more=msg("Please read it on the grant's page, and accept or decline it."),
    ),
    LetterKind.REVIEW_ASKED: Wording(
        label=msg("Review asked for"),
        subject=ANSWER,
        says=msg("You are asked to review an application to “{call}”."),
        more=msg(
            "Please say first whether you have a conflict of interest. Then you can read it and write your review. {due}"
        ),
        takes=frozenset({"due"}),
    ),
    LetterKind.REVIEW_DUE: Wording(
        label=msg("Reminder: a review is due"),
        subject=DATE,
        says=msg("A review of an application to “{call}” is not submitted yet."),
        more=msg(
            "It is wanted by {deadline}. What you have written is saved. If you cannot do it, please tell {initiative}."
        ),
        takes=_BY,
    ),
    LetterKind.PANEL_OPENED: Wording(
        label=msg("The panel is open, for the jury"),
        subject=NEWS,
        says=msg("The panel of “{call}” is open."),
        more=msg(
            "From now on reviews can no longer be written or changed. You can read the ranking, and write notes for the panel if you like."
        ),
    ),
    LetterKind.INVITATION_DUE: Wording(
        label=msg("Reminder: an invitation to the next stage is not answered yet"),
        subject=DATE,
        says=msg("The deadline of the next stage of “{call}” is near."),
        more=msg(
            "Your application is invited to it, and nothing is written there yet. You can send its form until {deadline}."
        ),
        takes=_BY,
    ),
    LetterKind.MESSAGE_RECEIVED: Wording(
        label=msg("Message of the staff"),
        subject=NEWS,
        says=msg("A message about your application to “{call}” waits for you."),
        more=msg(
            "You can read and answer it on its page. It is not in this letter, because others might see your mail."
        ),
    ),
    LetterKind.MESSAGE_TO_STAFF: Wording(
        label=msg("Message of an applicant, for the staff"),
        subject=NEWS,
        says=msg("A message of an applicant to “{call}” waits for an answer."),
        more=msg("You can read and answer it on its page. Your colleagues on the staff are told of it, too."),
    ),
    LetterKind.RECOVERY_ASKED: Wording(
        label=msg("Removal of second factors asked for"),
        subject=ANSWER,
        says=msg("Somebody asked that all your second factors be removed."),
        more=msg(
            "This is done for people who have lost them, and an administrator has to confirm it. If you did not ask for it, please "
            "sign in and stop it now: somebody may be trying to get into your account."
        ),
        of_call=False,
    ),
    LetterKind.WORK_WAITS: Wording(
        label=msg("Work that waits, for the staff, the chair and those who pay"),
        subject=NEWS,
        says=msg("Work waits for you."),
        more=msg(
            "Waiting now: {work}. Your page Today leads to each of them. This letter comes once a day at most, and only after something "
            "was added."
        ),
        takes=frozenset({"work"}),
        of_call=False,
    ),
}
"""What each kind of letter says, unless an initiative has a text of its own."""
