"""What the core needs of the world: the memory, the platforms and time. The docstrings are the contract."""

from bot.ports.installations import Held, Installation, Installations, Posts
from bot.ports.learning import Partnerships, Prompts, Reflections
from bot.ports.memory import Agenda, Communities, Figures, OpenWork, Storage, UnitOfWork
from bot.ports.outbox import Claim, Conversation, Conversations, Deliveries, Outbox
from bot.ports.people import Greeters, KeepAparts, Members, Participations, Programs, Spaces, Ties
from bot.ports.rounds import Appointments, Cares, Impressions, Introductions, Meeting, Rounds
from bot.ports.world import Clock, Limit, Platform

__all__ = [
    "Agenda",
    "Appointments",
    "Cares",
    "Claim",
    "Clock",
    "Communities",
    "Conversation",
    "Conversations",
    "Deliveries",
    "Figures",
    "Greeters",
    "Held",
    "Impressions",
    "Installation",
    "Installations",
    "Introductions",
    "KeepAparts",
    "Limit",
    "Meeting",
    "Members",
    "OpenWork",
    "Outbox",
    "Participations",
    "Partnerships",
    "Platform",
    "Posts",
    "Programs",
    "Prompts",
    "Reflections",
    "Rounds",
    "Spaces",
    "Storage",
    "Ties",
    "UnitOfWork",
]
