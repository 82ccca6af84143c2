"""The schema. The unique keys are the promises: a second round, seat or message is impossible, not unlikely.

Every row carries its community and every reference goes through it, so that the database itself refuses
what would join two communities. References are checked at the commit: the order of writing is free.
"""

from storage.tables.installing import installations, notes, oauth_states, posts
from storage.tables.keys import metadata
from storage.tables.learning import (
    own_questions,
    partners,
    partnerships,
    prompts,
    reflections,
    responses,
    willing,
)
from storage.tables.meeting import (
    answers,
    appointments,
    cares,
    impressions,
    introduction_members,
    introductions,
    phrases_heard,
    picks,
    rounds,
    seats,
    slots,
)
from storage.tables.people import (
    communities,
    conveners,
    greeters,
    keep_aparts,
    members,
    participations,
    programs,
    spaces,
    ties,
)
from storage.tables.sending import conversations, deliveries, inbox, lanes

__all__ = [
    "answers",
    "appointments",
    "cares",
    "communities",
    "conveners",
    "conversations",
    "deliveries",
    "greeters",
    "impressions",
    "inbox",
    "installations",
    "introduction_members",
    "introductions",
    "keep_aparts",
    "lanes",
    "members",
    "metadata",
    "notes",
    "oauth_states",
    "own_questions",
    "participations",
    "partners",
    "partnerships",
    "phrases_heard",
    "picks",
    "posts",
    "programs",
    "prompts",
    "reflections",
    "responses",
    "rounds",
    "seats",
    "slots",
    "spaces",
    "ties",
    "willing",
]
