"""`voisin db …`."""

from pathlib import Path

from bot import settings
from bot.cli.console import as_json, progress, say
from storage import upgrade as revisions
from storage.engines import address


def upgrade(config: Path | None) -> None:
    """Bring it up to date."""
    url = settings.read(config).database.url
    before = revisions.current(url) if address(url).there else None
    with progress("Upgrading"):
        revisions.upgrade(url)
    after = revisions.current(url)
    say(f"The database is at {after}." if before != after else f"The database was at {after} already.")


def current(config: Path | None, *, as_object: bool) -> None:
    """Where it stands."""
    url = settings.read(config).database.url
    revision, newest = revisions.current(url) if address(url).there else None, revisions.newest()
    if as_object:
        as_json({"current": revision, "newest": newest})
    elif revision is None:
        say("The database is empty or still to be made: `voisin db upgrade` makes it ready.")
    elif revision == newest:
        say(f"The database is at {revision}, the newest.")
    else:
        say(f"The database is at {revision}; this Voisin needs {newest}: type `voisin db upgrade`.")
