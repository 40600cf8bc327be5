"""Who may do what, and who may see what: every predicate of the program, each answering Allowed or Denied.

The command runner asks these for every command and every query asks them before it answers. They read only folded
streams, never a read model, so that a role taken away a second ago is gone now.
"""

from domain.access.judging import (
    applicant,
    applies,
    chairs_panel,
    confirms_panel,
    decides_on,
    examines,
    juror_of,
    opens_panel,
)
from domain.access.members import (
    adds_member,
    finance,
    finance_or_funder,
    installation_administrator,
    member,
    officer,
    officer_or_system,
    published,
    sees_call,
    sees_members,
    sees_persons,
    system,
)
from domain.access.paying import (
    approver_on_grant,
    finance_on_grant,
    offers,
    officer_on_grant,
    recipient,
    sees_payee,
    sees_payments,
    sees_recipient,
    sees_reports,
)
from domain.access.reading import (
    sees_applicant,
    sees_application,
    sees_feedback,
    sees_ranking,
    sees_reviews,
    sees_timeline,
)
from domain.access.ties import (
    CONFLICTED,
    NOT_YOURS,
    UNDECLARED,
    declared_conflict,
    judges,
)

__all__ = [
    "CONFLICTED",
    "NOT_YOURS",
    "UNDECLARED",
    "adds_member",
    "applicant",
    "applies",
    "approver_on_grant",
    "chairs_panel",
    "confirms_panel",
    "decides_on",
    "declared_conflict",
    "examines",
    "finance",
    "finance_on_grant",
    "finance_or_funder",
    "installation_administrator",
    "judges",
    "juror_of",
    "member",
    "offers",
    "officer",
    "officer_on_grant",
    "officer_or_system",
    "opens_panel",
    "published",
    "recipient",
    "sees_applicant",
    "sees_application",
    "sees_call",
    "sees_feedback",
    "sees_members",
    "sees_payee",
    "sees_payments",
    "sees_persons",
    "sees_ranking",
    "sees_recipient",
    "sees_reports",
    "sees_reviews",
    "sees_timeline",
    "system",
]
