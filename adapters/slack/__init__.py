"""Slack: one workspace by Socket Mode, or many by HTTP and the "Add to Slack" page. Same listeners."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.answers import Answers
from adapters.slack.api import Api, Home
from adapters.slack.asking import Asking
from adapters.slack.desk import Desk
from adapters.slack.errors import Meaning, Refused
from adapters.slack.homes import Homes, place
from adapters.slack.install import Pages, authorize_url
from adapters.slack.limits import Pacer
from adapters.slack.listeners import Listeners
from adapters.slack.manifest import compared, manifest, scopes
from adapters.slack.payloads import team, words
from adapters.slack.platform import Platform
from adapters.slack.render import Json
from adapters.slack.roster import Roster
from adapters.slack.small import SmallChannels
from adapters.web import Site
from bot.actions import settle_in
from bot.domain.community import TieSource
from bot.domain.ids import CommunityId, ExternalId
from bot.errors import BadSetting, NotSent, PlatformError
from bot.ports import Clock, Limit, Storage
from bot.settings import SlackSettings

__all__ = ["Desk", "Slack", "compared", "connect", "granted", "manifest"]

log = structlog.get_logger()

API = "https://slack.com/api/"
MOUNT = "/slack"

ANSWERS_WITHIN = 20.0
"""Seconds for one call: less than half of a lease."""

AT_START = 5.0
LET_IN = 15.0
"""Seconds until a line that does not come about is given up, at the start."""

NOT_INSTALLED = (
    "Voisin is not installed in this workspace any more: an admin can add it again. · "
    "Voisin n’est plus installé dans cet espace : un admin peut l’y remettre."
)


class Slack(Platform):
    """A platform, and the road by which Slack reaches it."""

    def __init__(
        self,
        *,
        api: Api,
        homes: Homes,
        roster: Roster,
        clock: Clock,
        answers: Answers,
        small_channels: SmallChannels,
        storage: Storage,
        session: aiohttp.ClientSession,
        client: AsyncWebClient,
        app: AsyncApp,
        settings: SlackSettings,
        hears: bool,
        pacer: Pacer,
    ) -> None:
        super().__init__(api=api, homes=homes, roster=roster, clock=clock)
        self._answers = answers
        self._small_channels = small_channels
        self._storage = storage
        self._session = session
        self._client = client
        self._app = app
        self._settings = settings
        self._hears = hears
        self._pacer = pacer
        self._socket: AsyncSocketModeHandler | None = None

    async def start(self) -> None:
        """Where there is no public address: find out which workspace this is, and listen to it.

        Raises BadSetting for a token that opens nothing, NotSent when Slack cannot be reached.
        """
        if self._settings.url:
            return
        home = await _who(
            self._api, self._settings.bot_token.get_secret_value(), installer=self._settings.installer
        )
        await self.homes.only(home)
        community = await self.homes.community(home, self._roster)
        if home.installer is not None:
            await self._welcome(home, community.id)
        if not self._hears:
            return
        self._socket = AsyncSocketModeHandler(
            self._app, self._settings.app_token.get_secret_value(), web_client=self._client
        )
        try:
            # By itself the library tries for ever, whatever Slack says.
            async with asyncio.timeout(LET_IN):
                await self._socket.client.connect()  # type: ignore[no-untyped-call]  # theirs has no types
        except Exception as error:
            # Whatever the library makes of it: at the start it is for the operator to read.
            await self.stop()
            raise BadSetting(
                f"Slack does not let Socket Mode in ({type(error).__name__}): check VOISIN_SLACK_APP_TOKEN "
                "(it begins with xapp-) and that Socket Mode is on in the app's settings."
            ) from error

    def limits(self) -> Sequence[Limit]:
        """How much of Slack's limits this process uses."""
        return self._pacer.limits()

    async def _welcome(self, home: Home, community: CommunityId) -> None:
        """Whoever installed it hears how to begin, once."""
        try:
            installer = await self._roster.founder(home)
        except PlatformError as error:
            log.warning("slack.founder_unknown", community=home.place, error=str(error))
            return
        if installer is not None and installer.counts:
            await settle_in.welcome(
                self._storage.open_work, community, installer.asker, now=self._clock.now()
            )

    async def look_around(self) -> None:
        """Which small channels people share, where conveners switched it on; once a night."""
        await self._small_channels.look()

    async def farewell(self) -> None:
        """Erase what was kept for a return that did not come; once a day."""
        await self.homes.farewell()

    async def stop(self) -> None:
        """Hear nothing more, and finish what was begun."""
        if self._socket is not None:
            await self._socket.client.close()  # type: ignore[no-untyped-call]  # theirs has no types
            self._socket = None
        await self._answers.stop()
        await self._session.close()


async def connect(
    settings: SlackSettings,
    *,
    site: Site,
    storage: Storage,
    clock: Clock,
    desk: Desk,
    base_url: str = API,
    speed: float = 1.0,
    hears: bool = True,
) -> Slack:
    """Put it together, and mount its routes before the site starts. Nothing is said to Slack yet.

    ``hears=False``: another process is the one that Slack reaches, this one only sends. ``speed`` makes a
    minute of Slack's limits shorter, for a Slack that does the same. Raises BadSetting.
    """
    _complete(settings)
    session = _session()
    # Warnings only: at other levels the libraries print what people typed.
    quiet = logging.getLogger("voisin.slack")
    quiet.setLevel(logging.WARNING)
    client = AsyncWebClient(
        base_url=base_url, session=session, retry_handlers=[], timeout=int(ANSWERS_WITHIN), logger=quiet
    )
    homes = Homes(storage=storage, clock=clock)
    pacer = Pacer(clock, speed=speed, share=settings.share)
    api = Api(client, pacer, lost=homes.lost)
    roster = Roster(api)
    answers = Answers(api=api, session=session)
    app = AsyncApp(
        client=client,
        logger=quiet,
        name="voisin",
        signing_secret=settings.signing_secret.get_secret_value(),
        before_authorize=_whence,
        authorize=_Doorkeeper(homes),  # type: ignore[arg-type]  # bolt takes its own class, and types a function
        process_before_response=True,
        user_facing_authorize_error_message=NOT_INSTALLED,
        request_verification_enabled=True,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    asking = Asking(
        homes=homes,
        roster=roster,
        storage=storage,
        clock=clock,
        answers=answers,
        # Of reactions Slack tells nothing without a permission more.
        sources=(TieSource.REACTIONS, TieSource.CHANNELS) if settings.reactions else (TieSource.CHANNELS,),
    )
    listeners = Listeners(
        homes=homes, roster=roster, storage=storage, clock=clock, desk=desk, answers=answers, asking=asking
    )
    listeners.listen(app, reactions=settings.reactions)
    if settings.url and hears:
        pages = Pages(
            client=client,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            url=settings.url,
            scopes=scopes(reactions=settings.reactions),
            authorize_url=authorize_url(base_url),
            homes=homes,
            roster=roster,
            storage=storage,
            clock=clock,
        )
        site.mount(MOUNT, _routes(app, pages))
    return Slack(
        api=api,
        homes=homes,
        roster=roster,
        clock=clock,
        answers=answers,
        small_channels=SmallChannels(api=api, homes=homes, storage=storage),
        storage=storage,
        session=session,
        client=client,
        app=app,
        settings=settings,
        hears=hears,
        pacer=pacer,
    )


async def _whence(body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 -- bolt's name
    """Bolt looks for the workspace where in an organization's payloads there is none."""
    context["team_id"] = team(body, context.team_id)
    await next()


class _Doorkeeper(AsyncAuthorize):
    """Finds what lets Voisin into the workspace that something comes from; asks Slack nothing."""

    def __init__(self, homes: Homes) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # bolt's has no types
        self._homes = homes

    async def __call__(  # type: ignore[no-untyped-def]  # bolt's own signature has none either
        self, *, context: AsyncBoltContext, enterprise_id, team_id, **_: object
    ) -> AuthorizeResult | None:
        home = await self._homes.find(place(enterprise_id, team_id))
        if home is None:
            # What an organization says of itself comes from none of its workspaces.
            whole = enterprise_id and not team_id
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=None) if whole else None
        context["home"] = home
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token=home.token, bot_user_id=home.bot
        )


def _routes(app: AsyncApp, pages: Pages) -> web.Application:
    async def events(request: web.Request) -> web.Response:
        try:
            asked = await to_bolt_request(request)
            return await to_aiohttp_response(await app.async_dispatch(asked))
        except (ValueError, TypeError, AttributeError, LookupError):
            # Not even text, or of a shape that bolt itself stumbles over: nothing of Slack's. What fails in
            # a listener never comes here.
            return web.Response(status=400)

    routes = web.Application()
    routes.router.add_post("/events", events)
    routes.router.add_get("/install", pages.install)
    routes.router.add_get("/oauth_redirect", pages.back)
    return routes


def _session() -> aiohttp.ClientSession:
    """As slack_sdk does: where the environment names a proxy, everything goes through it."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWERS_WITHIN), trust_env=True)


def _complete(settings: SlackSettings) -> None:
    """Raise BadSetting that names everything that is missing."""
    if settings.url:
        wanted = {
            "CLIENT_ID": settings.client_id,
            "CLIENT_SECRET": settings.client_secret.get_secret_value(),
            "SIGNING_SECRET": settings.signing_secret.get_secret_value(),
        }
    else:
        wanted = {
            "BOT_TOKEN": settings.bot_token.get_secret_value(),
            "APP_TOKEN": settings.app_token.get_secret_value(),
        }
    missing = [f"VOISIN_SLACK_{name}" for name, value in wanted.items() if not value]
    if missing:
        how = (
            "by HTTP, since url of [slack] is set" if settings.url else "by Socket Mode, since it has no url"
        )
        raise BadSetting(
            f"Slack is turned on, {how}, and lacks {' and '.join(missing)}: set it in the environment "
            "(docs/slack.md says where to find it)."
        )


async def _who(api: Api, token: str, *, installer: str) -> Home:
    """Whose token it is; Slack does not say who installed it. Raises BadSetting or NotSent."""
    unknown = Home(place=ExternalId(""), name="", token=token, bot=ExternalId(""))
    try:
        answer = await api.call(unknown, "auth.test", patience=AT_START)
    except Refused as refused:
        if refused.meaning is not Meaning.TOKEN:
            raise NotSent(str(refused)) from refused
        raise BadSetting(
            f"Slack refuses VOISIN_SLACK_BOT_TOKEN ({refused.code}): copy the Bot User OAuth Token again, "
            "from OAuth & Permissions of the app's settings (it begins with xoxb-)."
        ) from refused
    where = place(words(answer, "enterprise_id"), words(answer, "team_id"))
    return Home(
        place=where,
        name=words(answer, "team"),
        token=token,
        bot=ExternalId(words(answer, "user_id")),
        installer=ExternalId(installer) if installer else None,
    )


async def granted(settings: SlackSettings, *, base_url: str = API) -> list[str]:
    """Sentences on what Slack grants and what Voisin needs, for one workspace; none: all is well.

    Raises BadSetting or PlatformError.
    """
    _complete(settings)
    if settings.url:
        return []
    async with _session() as session:
        headers = {"Authorization": f"Bearer {settings.bot_token.get_secret_value()}"}
        try:
            async with session.post(f"{base_url.rstrip('/')}/auth.test", headers=headers) as response:
                said = await response.json()
                has = response.headers.get("x-oauth-scopes", "")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NotSent(f"Slack cannot be reached ({type(error).__name__}): check the network.") from error
    if words(said, "error"):
        raise PlatformError(f"Slack refuses VOISIN_SLACK_BOT_TOKEN ({words(said, 'error')}): copy it again.")
    return compared(has.split(","), reactions=settings.reactions)
