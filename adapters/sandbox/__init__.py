"""The sandbox: a community in the browser, through the same ports as elsewhere and without an account."""

from pathlib import Path

from aiohttp import web

from adapters.sandbox.desk import Desk
from adapters.sandbox.guard import Guard
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.listeners import Listeners, Move
from adapters.sandbox.platform import NAME, Sandbox
from adapters.sandbox.town import Channel, Resident, Town, load, sample
from adapters.sandbox.views import Views
from adapters.web import Site
from bot.errors import BadSetting
from bot.ports import Clock, Storage

__all__ = ["Channel", "Desk", "Resident", "Sandbox", "Town", "connect", "load", "sample"]

PATH = "/sandbox"


async def connect(
    site: Site,
    *,
    storage: Storage,
    clock: Clock,
    desk: Desk,
    town: Town,
    ledger: Path | None,
    move: Move | None = None,
) -> Sandbox:
    """Settle the town in the memory and mount its page, which ``/`` leads to. Before the site starts.

    ``ledger`` is the file in which its rooms live on; None: in memory. ``move`` sets the clock, where it can
    be set; None: the page shows no clock. Raises BadSetting where others could reach the page, BadInput or
    StorageError for a ledger that is not one.
    """
    if not site.private:
        raise BadSetting(
            f"web.host is {site.host!r}, and in the sandbox whoever opens the page can be anyone: "
            "choose 127.0.0.1, or turn the sandbox off."
        )
    book = Ledger(ledger)
    community = await storage.communities.settle(
        platform=NAME, external_id=town.id, name=town.name, zone=town.zone, language=town.language
    )
    guard = Guard()
    listeners = Listeners(
        town=town, community=community, ledger=book, storage=storage, clock=clock, desk=desk, move=move
    )
    views = Views(
        town=town,
        ledger=book,
        agenda=storage.agenda,
        clock=clock,
        movable=move is not None,
        token=guard.token,
    )
    app = web.Application(middlewares=[guard.middleware])
    app.add_routes([*views.routes(), *listeners.routes()])
    app.on_shutdown.append(views.close)
    site.mount(PATH, app, home=True)
    return Sandbox(town=town, community=community, ledger=book, clock=clock)
