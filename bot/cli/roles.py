"""Which processes make sense: `voisin run --role …`."""

from datetime import datetime, timedelta

from bot.errors import BadSetting
from bot.roles import Role
from bot.settings import Settings
from storage.engines import address

SKEW = timedelta(seconds=30)
"""By how much the clocks of two machines may differ: rounds open by ours, leases run by the database's."""


def possible(settings: Settings) -> None:
    """Raise BadSetting for a process that could not do its part."""
    role = settings.engine.role
    if role is Role.ALL:
        return
    if not address(settings.database.url).postgresql:
        raise BadSetting(
            f"The role is {role}, and SQLite has room for one process, which does everything: take the role "
            "all, or PostgreSQL."
        )
    if settings.sandbox.enabled:
        raise BadSetting(
            f"The role is {role}, and the sandbox lives within one process: turn it off "
            "(VOISIN_SANDBOX_ENABLED=false), or take the role all."
        )
    slack = settings.slack.enabled and role.hears(by_http=bool(settings.slack.url))
    discord = settings.discord.enabled and role.hears(by_http=False)
    if not role.beats and not (slack or discord):
        raise BadSetting(
            f"The role is {role}, and nothing here would reach it: web is for Slack with a url of [slack], "
            "gateway for Slack without one, and for Discord."
        )


def in_time(here: datetime, there: datetime) -> None:
    """Raise BadSetting where this machine's clock and the database's are too far apart."""
    if abs(here - there) > SKEW:
        raise BadSetting(
            f"This machine's clock says {here:%H:%M:%S} UTC and the database's {there:%H:%M:%S}: set them by "
            "the same time server."
        )
