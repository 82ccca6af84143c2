"""Voisin comes into a workspace by the "Add to Slack" page: state, token, first word."""

import html
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation as Granted
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.homes import NAME, Homes, place
from adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH
from adapters.slack.roster import Roster
from bot.actions import settle_in
from bot.domain.ids import ExternalId
from bot.errors import BadSetting, PlatformError, VoisinError
from bot.ports import Clock, Installation, Storage

log = structlog.get_logger()

STATE_LIVES = timedelta(minutes=10)

STAYS = (
    "Slack removes the app when whoever installed it leaves: let someone who stays install it.",
    "Slack retire l’application quand s’en va qui l’a installée : que ce soit quelqu’un qui reste.",
)
DONE = (
    "Voisin is in. Open its messages in Slack: two steps to the first round are waiting for you.",
    "Voisin est là. Ouvrez ses messages dans Slack : deux étapes vous y attendent avant le premier tour.",
)
NOT_DONE = (
    "Voisin was not installed ({why}), and nothing was kept. Begin again from the install page.",
    "Voisin n’a pas été installé ({why}), et rien n’a été gardé. Recommencez depuis la page d’installation.",
)

EXPIRES = "its tokens would expire: turn token rotation off in the app’s settings at Slack"

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class States(AsyncOAuthStateStore):
    """Bolt's name for ours: each state is good for one use."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def async_issue(self, *_: object, **__: object) -> str:
        return await self._storage.installations.issue_state(until=self._clock.now() + STATE_LIVES)

    async def async_consume(self, state: str) -> bool:
        return await self._storage.installations.consume_state(state, now=self._clock.now())


class Shelf(AsyncInstallationStore):
    """Bolt's name for ours; it reads none from here."""

    def __init__(self, homes: Homes, clock: Clock) -> None:
        self._homes = homes
        self._clock = clock

    async def async_save(self, installation: Granted) -> None:
        if installation.bot_refresh_token or installation.bot_token_expires_at:
            # Kept, it would open nothing any more by tomorrow, and nobody would have been told.
            raise BadSetting(EXPIRES)
        await self._homes.arrived(
            Installation(
                platform=NAME,
                external_id=_place(installation),
                name=installation.team_name or installation.enterprise_name or _place(installation),
                token=installation.bot_token or "",
                scopes=tuple(sorted(installation.bot_scopes or ())),
                bot=ExternalId(installation.bot_user_id or ""),
                installer=ExternalId(installation.user_id) if installation.user_id else None,
                at=self._clock.now(),
            )
        )


class Pages:
    """The install page, and where Slack sends people back to."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        client_id: str,
        client_secret: str,
        url: str,
        scopes: Iterable[str],
        authorize_url: str,
        homes: Homes,
        roster: Roster,
        storage: Storage,
        clock: Clock,
    ) -> None:
        self._homes = homes
        self._roster = roster
        self._storage = storage
        self._clock = clock
        self._flow = _Flow(
            client=client,
            settings=AsyncOAuthSettings(
                client_id=client_id,
                client_secret=client_secret,
                scopes=sorted(scopes),
                redirect_uri=f"{url.rstrip('/')}{REDIRECT_PATH}",
                install_path=INSTALL_PATH,
                redirect_uri_path=REDIRECT_PATH,
                authorization_url=authorize_url,
                installation_store=Shelf(homes, clock),
                state_store=States(storage, clock),
                state_expiration_seconds=int(STATE_LIVES.total_seconds()),
                callback_options=AsyncCallbackOptions(success=self._done, failure=self._not_done),
            ),
        )

    async def install(self, request: web.Request) -> web.Response:
        """*Add to Slack*."""
        answer = await self._flow.handle_installation(await to_bolt_request(request))
        answer.headers.update({name.lower(): [value] for name, value in HEADERS.items()})
        return await to_aiohttp_response(answer)

    async def back(self, request: web.Request) -> web.Response:
        """Slack sends whoever installs it back here, with a code."""
        try:
            answer = await self._flow.handle_callback(await to_bolt_request(request))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("slack.not_installed", why=type(error).__name__)
            answer = _page(NOT_DONE, status=502, why="Slack gave no answer")
        except BadSetting as error:
            log.warning("slack.not_installed", why=str(error))
            answer = _page(NOT_DONE, status=400, why=str(error))
        except VoisinError as error:
            log.error("slack.not_installed", why=str(error))  # noqa: TRY400 -- it says what to do, a trace does not
            answer = _page(NOT_DONE, status=500, why="Voisin could not keep it")
        return await to_aiohttp_response(answer)

    async def _done(self, args: AsyncSuccessArgs) -> BoltResponse:
        granted = args.installation
        home = await self._homes.find(_place(granted))
        # None for an organization: its communities are settled, and welcomed, where people use Voisin.
        if home is not None:
            community = await self._homes.community(home, self._roster)
            try:
                installer = await self._roster.founder(home)
            except PlatformError as error:
                log.warning("slack.founder_unknown", community=home.place, error=str(error))
                installer = None
            if installer is not None:
                await settle_in.welcome(
                    self._storage.open_work, community.id, installer.asker, now=self._clock.now()
                )
                self._clock.ring()
        return _page(DONE, STAYS)

    async def _not_done(self, args: AsyncFailureArgs) -> BoltResponse:
        log.warning("slack.not_installed", why=args.reason)
        return _page(NOT_DONE, status=args.suggested_status_code, why=args.reason)


class _Flow(AsyncOAuthFlow):
    """Bolt's, with our page."""

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:  # noqa: ARG002 -- bolt's signature
        button = f'<p><a href="{html.escape(url)}">Add to Slack · Ajouter à Slack</a></p>'
        return _html(STAYS, button=button)


def _place(granted: Granted) -> ExternalId:
    team = None if granted.is_enterprise_install else granted.team_id
    return place(granted.enterprise_id, team)


def _page(*said: tuple[str, str], status: int = 200, why: str = "") -> BoltResponse:
    filled = tuple(tuple(words.format(why=why) if why else words for words in pair) for pair in said)
    body = _html(*((english, french) for english, french in filled))
    return BoltResponse(status=status, body=body, headers=dict(HEADERS))


def _html(*said: tuple[str, str], button: str = "") -> str:
    english, french = ([f"<p>{html.escape(pair[which])}</p>" for pair in said] for which in (0, 1))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Voisin</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{font:1.1rem/1.6 system-ui;max-width:36rem;margin:4rem auto;padding:0 1rem}</style>"
        f"<h1>Voisin</h1>{button}{''.join(english)}"
        f'<div lang="fr">{"".join(french)}</div></html>'
    )


def authorize_url(base_url: str) -> str:
    """Where Slack asks people for their yes: beside its Web API."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/oauth/v2/authorize"
