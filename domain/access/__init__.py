"""Access: who may do and see what. Every predicate of the program is here, and each returns `Allowed` or `Denied`.

The command runner asks these before every command, and every query before it answers. They read only folded streams,
never a read model, so that a role that was taken away a second ago no longer counts.

In a call with several stages, three arguments of these predicates cover different stages. `own` are the actor's
applications in the round, and also those that were invited to a later stage of the call: these count in every round of the
call. `conflicts` are the applications with which the actor declared a conflict in any stage; they also count for the grant,
and never expire. `reviews` are the reviews of one round, and also those of earlier stages in which a conflict was declared.
"""

from domain.access.corresponding import *
from domain.access.members import *
from domain.access.organisations import *
from domain.access.paying import *
from domain.access.reading import *
from domain.access.reviewing import *
from domain.access.ties import *
from domain.access.times import *
from domain.parties import acts_for as acts_for
from domain.parties import is_tied_to as is_tied_to
