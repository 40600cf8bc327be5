"""Who may do what: one row for each command, one column for each person, written by hand.

A capital letter allows and names the role acted in; a small one refuses with the sentence below; a dot refuses without
saying that the thing exists. A command with two moments at which different people are asked has a row for each, named
after the colon.
"""

from typing import Final

PERSONS: Final = {
    "no": "nobody: an id that was never registered",
    "er": "erased: held every role of the initiative until then",
    "st": "stranger: registered, no role anywhere",
    "ar": "artist: whose application, and later grant, it is",
    "ri": "rival: another artist of the same round",
    "ar+": "artist whom the administrator has given every role of the initiative",
    "ju": "juror whose review it is",
    "j2": "second juror, with a review of the same application",
    "id": "idle juror, asked for nothing",
    "jx": "juror who declared a conflict with the application",
    "ch": "chair, who set the outcomes and closed the panel",
    "cx": "chair who declared a conflict with the application",
    "cr": "chair who applied in the round",
    "of": "officer",
    "ox": "officer, juror too, who declared a conflict with the application",
    "or": "officer who applied in the round",
    "fi": "finance, who approved first",
    "fx": "finance and approver, juror too, who declared a conflict with the application",
    "ap": "approver",
    "fu": "funder, whose pledge it is",
    "ad": "administrator of the initiative",
    "ke": "keeper: administrator of the installation",
    "sy": "system: the program itself, on a due date or at the operator's command line",
    "ou": "outsider: holds every role in another initiative",
}
"""The columns."""

ROLES: Final = {
    "A": "applicant",
    "C": "chair",
    "D": "administrator",
    "F": "finance",
    "J": "juror",
    "O": "officer",
    "P": "person",
    "S": "system",
    "U": "funder",
    "V": "approver",
}
"""The capital letters: the role in which somebody is allowed."""

HIDDEN: Final = "Not found, or you have no access."
"""The dot: refused as if there were no such thing."""

SENTENCES: Final = {
    "c": "In this initiative, only people with this role can do this: chair.",
    "d": "In this initiative, only people with this role can do this: administrator.",
    "f": "In this initiative, only people with this role can do this: finance.",
    "i": "In this initiative, only people with one of these roles can do this: administrator, officer.",
    "j": "In this initiative, only people with one of these roles can do this: juror, chair.",
    "o": "In this initiative, only people with this role can do this: officer.",
    "p": "In this initiative, only people with one of these roles can do this: officer, chair.",
    "v": "In this initiative, only people with this role can do this: approver.",
    "k": "Only an administrator of this installation can do this.",
    "s": "Only the program itself can do this.",
    "a": "Sign in to apply.",
    "b": "Sign in to register an organisation.",
    "h": "You act for this organisation already.",
    "e": "This account was erased.",
    "l": "In this initiative, only people with one of these roles can do this: officer, juror, chair.",
    "q": "You or your organisation applied in this round, or you helped to write an application, so others are not shown to you before it is decided.",
    "t": "This review belongs to another juror.",
    "m": "This is your own application, so somebody else must do this.",
    "n": "Applicants do not see the reviews of their application.",
    "u": "Declare first whether you have a conflict of interest with this application.",
    "g": "This is your own grant, so somebody else must do this.",
    "r": "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
    "x": "You declared a conflict of interest with this application.",
    "y": "You declared a conflict of interest with an application of this round, so somebody else must confirm the panel.",
    "w": "You closed this panel, so somebody else must confirm it.",
}
"""The small letters: what somebody is told who is refused."""

TABLE: Final = """
                              no er st ar ri ar+ ju j2 id jx ch cx cr of ox or fi fx ap fu ad ke sy ou

installation.open              e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
installation.appoint           e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
initiative.found               e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
initiative.add_member          e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
initiative.add_member: orphan  e  e  .  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  D  S  .
initiative.describe            e  e  .  .  .  D   i  i  i  i  i  i  i  O  O  O  i  i  i  i  D  .  .  .
initiative.write_letter        e  e  .  .  .  D   i  i  i  i  i  i  i  O  O  O  i  i  i  i  D  .  .  .
initiative.reset_letter        e  e  .  .  .  D   i  i  i  i  i  i  i  O  O  O  i  i  i  i  D  .  .  .
initiative.set_screening       e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
initiative.require_factors     e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
initiative.remove_member       e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
initiative.leave               e  e  .  .  .  P   P  P  P  P  P  P  P  P  P  P  P  P  P  P  P  .  .  .
invitation.make                e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
invitation.accept              e  e  P  P  P  P   P  P  P  P  P  P  P  P  P  P  P  P  P  P  P  P  .  P
invitation.decline             e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
invitation.withdraw            e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
person.register                e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.make_claim              e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.withdraw_claim          e  e  P  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.use_claim               e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.register_oneself        e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
person.choose_letters          e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
installation.set_up            e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
person.add_way_in              e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.remove_way_in           e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.change_profile          e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.exclude_reader          e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.allow_reader            e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.add_factor              e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.remove_factor           e  e  P  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
person.ask_recovery            e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.cancel_recovery         e  e  P  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.confirm_recovery        e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.erase: oneself          e  e  P  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k
person.erase                   e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k

organisation.register          e  e  P  P  P  P   P  P  P  P  P  P  P  P  P  P  P  P  P  P  P  P  b  P
organisation.invite            e  e  .  P  .  P   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
organisation.invite: alone     e  e  .  .  .  .   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  D  S  .
organisation.join              e  e  P  h  .  h   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
organisation.remove_member     e  e  P  P  .  P   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
organisation.close             e  e  .  P  .  P   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
organisation.erase             e  e  k  k  k  k   k  k  k  k  k  k  k  k  k  k  k  k  k  k  k  D  S  k

fund.open                      e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
fund.pledge                    e  e  .  .  .  F   f  f  f  f  f  f  f  f  f  f  F  F  f  U  f  .  .  .
fund.pledge: by name           e  e  .  .  .  F   f  f  f  f  f  f  f  f  f  f  F  F  f  f  f  .  .  .
fund.assign_pledge             e  e  .  .  .  F   f  f  f  f  f  f  f  f  f  f  F  F  f  f  f  .  .  .
fund.receive                   e  e  .  .  .  F   f  f  f  f  f  f  f  f  f  f  F  F  f  f  f  .  .  .

call.draft                     e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.copy                      e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.change_draft              e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.change_stages             e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.prepare_form              e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.prepare_rubric            e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.publish                   e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.discard                   e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.change                    e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.change_form               e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.change_rubric             e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.cancel                    e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.set_screening             e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
call.add_member                e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
call.remove_member             e  e  .  .  .  D   d  d  d  d  d  d  d  d  d  d  d  d  d  d  D  .  .  .
round.open                     e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  .  .
round.remove_juror             e  e  .  .  .  D   i  i  i  i  i  i  i  O  O  O  i  i  i  i  D  .  .  .
round.extend                   e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
round.grant_late_access        e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
round.set_reviews_due          e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
round.close                    e  e  .  .  .  O   o  o  o  o  o  o  o  O  O  O  o  o  o  o  o  .  S  .

application.submit             e  e  A  A  A  A   A  A  A  A  A  A  A  A  A  A  A  A  A  A  A  A  a  A
application.enter              e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
application.change             e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
application.return             e  e  .  .  .  m   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
application.resubmit           e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
application.continue           e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
application.record_writer      e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
application.lapse_return       e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
application.withdraw           e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
application.find_eligible      e  e  .  .  .  m   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
application.find_ineligible    e  e  .  .  .  m   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .

application.write_message      e  e  .  A  .  A   o  o  o  o  o  o  o  O  x  r  o  o  o  o  o  .  .  .
application.settle_messages    e  e  .  A  .  A   o  o  o  o  o  o  o  O  x  r  o  o  o  o  o  .  .  .
application.write_note         e  e  .  .  .  .   o  o  o  o  o  o  o  O  x  r  o  o  o  o  o  .  .  .

reading.record                 e  e  .  .  .  q   J  J  J  J  C  C  q  O  O  q  l  J  l  l  l  .  .  .

review.assign                  e  e  .  .  .  m   o  o  o  o  o  o  o  O  x  r  o  o  o  o  o  .  .  .
review.declare_no_conflict     e  e  .  .  .  t   J  t  t  t  t  t  t  j  t  j  j  t  j  j  j  .  .  .
review.declare_conflict        e  e  .  .  .  t   J  t  t  t  t  t  t  j  t  j  j  t  j  j  j  .  .  .
review.replace                 e  e  .  .  .  m   o  o  o  o  o  o  o  O  x  r  o  o  o  o  o  .  .  .
review.submit                  e  e  .  .  .  t   J  t  t  t  t  t  t  j  t  j  j  t  j  j  j  .  .  .
review.change                  e  e  .  .  .  t   J  t  t  t  t  t  t  j  t  j  j  t  j  j  j  .  .  .

application.lower_quorum       e  e  .  .  .  r   c  c  c  c  C  x  r  c  c  c  c  c  c  c  c  .  .  .

panel.open                     e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
panel.set_outcome              e  e  .  .  .  r   c  c  c  c  C  x  r  c  c  c  c  c  c  c  c  .  .  .
panel.write_note               e  e  .  .  .  n   J  u  J  x  C  x  q  j  x  j  j  x  j  j  j  .  .  .
panel.close                    e  e  .  .  .  r   c  c  c  c  C  C  r  c  c  c  c  c  c  c  c  .  .  .
panel.return                   e  e  .  .  .  r   p  p  p  p  w  y  r  O  y  r  p  p  p  p  p  .  .  .
panel.confirm                  e  e  .  .  .  r   p  p  p  p  w  y  r  O  y  r  p  p  p  p  p  .  .  .
panel.plan_announcement        e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
panel.cancel_announcement      e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  .  .
panel.announce                 e  e  .  .  .  r   o  o  o  o  o  o  o  O  O  r  o  o  o  o  o  .  S  .
panel.move_waiting_list        e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s

grant.offer                    e  e  .  .  .  m   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.accept                   e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
grant.decline                  e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
grant.lapse                    e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
grant.set_payee                e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
grant.confirm_payee            e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .
grant.record_screening         e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .
grant.schedule                 e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.submit_report            e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
grant.accept_report            e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.return_report            e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.complete                 e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.suspend                  e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.resume                   e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.terminate                e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.propose_amendment        e  e  .  .  .  g   o  o  o  o  o  o  o  O  x  O  o  o  o  o  o  .  .  .
grant.accept_amendment         e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
grant.decline_amendment        e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .

instalment.request             e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
instalment.approve: first      e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .
instalment.approve: second     e  e  .  .  .  g   v  v  v  v  v  v  v  v  v  v  v  x  V  v  v  .  .  .
instalment.instruct            e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .
instalment.settle              e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .
instalment.fail                e  e  .  .  .  g   f  f  f  f  f  f  f  f  f  f  F  x  f  f  f  .  .  .

application.erase             e  e  .  A  .  A   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
dossier.erase                  e  e  s  s  s  s   s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  s  S  s
"""
