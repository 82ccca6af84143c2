"""Which workspaces let Voisin in: alone, in an organization, after a farewell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from adapters.clock import MovableClock
from adapters.slack import granted
from adapters.slack.api import Api
from adapters.slack.homes import Homes, place
from adapters.slack.limits import Pacer
from adapters.slack.manifest import CLOSED, SCOPES, compared, manifest
from adapters.slack.roster import Roster
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.domain.program import ProgramState
from bot.errors import BadSetting, VoisinError
from bot.ports import Installation, Storage
from bot.settings import SlackSettings
from storage.database import OpenStorage
from storage.installations import SqlInstallations
from storage.seal import Seal
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_conformance import manifest_problems
from tests.loopback.slack_faults import How
from tests.loopback.slack_house import Houses, first_channel
from tests.loopback.slack_people import found
from tests.loopback.slack_server import Slack, listening

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def kept(storage: OpenStorage) -> Storage:
    return Storage(
        open_work=storage.open_work,
        communities=storage.communities,
        agenda=storage.agenda,
        outbox=storage.outbox,
        installations=SqlInstallations(storage.engine, seal=Seal([bytes(32)])),
        posts=storage.posts,
    )


def _installed(where: str) -> Installation:
    return Installation(
        platform="slack",
        external_id=ExternalId(where),
        name=where,
        token=f"xoxb-{where}",
        scopes=tuple(SCOPES),
        bot=ExternalId("UBOT"),
        installer=None,
        at=NOW,
    )


async def _community(storage: Storage, where: str, platform: str = "slack") -> None:
    await storage.communities.settle(
        platform=platform, external_id=ExternalId(where), name=where, zone="UTC", language=Language.FRENCH
    )


async def _names(storage: Storage) -> set[str]:
    return {community.external_id for community in await storage.communities.all()}


async def test_a_workspace_of_an_organization_is_let_in_by_its_own_or_by_the_organizations_installation(
    kept: Storage, clock: MovableClock
) -> None:
    homes = Homes(storage=kept, clock=clock)
    await homes.arrived(_installed("E1/"))
    await homes.arrived(_installed("E1/T1"))

    own = await homes.find(place("E1", "T1"))
    organizations = await homes.find(place("E1", "T2"))

    assert own is not None
    assert (own.token, own.team) == ("xoxb-E1/T1", "")
    assert organizations is not None
    assert (organizations.token, organizations.team) == ("xoxb-E1/", "T2")
    assert await homes.find(place("E2", "T1")) is None
    assert await homes.find(place(None, "T1")) is None
    assert await homes.find(place("E1", None)) is None


async def test_a_workspace_is_found_whatever_organization_slack_names_with_it(
    kept: Storage, clock: MovableClock
) -> None:
    homes = Homes(storage=kept, clock=clock)
    for where in ("T1", "E2/"):
        await homes.arrived(_installed(where))
    for where in ("T1", "E2/T2"):
        await _community(kept, where)

    joined_an_organization = await homes.find(place("E1", "T1"))
    form_of_a_guest_from_another = await homes.find(place("E9", "T2"))

    assert joined_an_organization is not None
    assert joined_an_organization.place == "T1"
    assert form_of_a_guest_from_another is not None
    assert (form_of_a_guest_from_another.place, form_of_a_guest_from_another.team) == ("E2/T2", "T2")
    assert await homes.find(place("E9", "T3")) is None


async def test_who_installs_it_again_from_within_an_organization_is_who_they_were(
    kept: Storage, clock: MovableClock
) -> None:
    homes = Homes(storage=kept, clock=clock)
    await homes.arrived(_installed("T1"))
    await _community(kept, "T1")

    await homes.arrived(replace(_installed("E1/T1"), token="xoxb-new"))

    home = await homes.find(place("E1", "T1"))
    assert home is not None
    assert (home.place, home.token) == ("T1", "xoxb-new")


async def test_one_workspace_of_an_organization_that_is_closed_closes_no_other(
    kept: Storage, clock: MovableClock
) -> None:
    homes = Homes(storage=kept, clock=clock)
    await homes.arrived(_installed("E1/"))
    closed, other = await homes.find(place("E1", "T1")), await homes.find(place("E1", "T2"))
    assert closed is not None
    assert other is not None

    await homes.lost(closed, "team_access_not_granted")

    assert await homes.find(place("E1", "T1")) is None
    assert await homes.find(place("E1", "T2")) == other


async def test_what_was_left_is_kept_for_thirty_days_and_then_erased_with_all_its_workspaces(
    kept: Storage, clock: MovableClock
) -> None:
    homes = Homes(storage=kept, clock=clock)
    for where in ("T1", "T2", "E1/"):
        await homes.arrived(_installed(where))
    for where in ("T1", "T2", "E1/T8", "E1/T9", "E10/T1"):
        await _community(kept, where)
    await _community(kept, "T1", platform="sandbox")
    await homes.left(ExternalId("T1"))
    await homes.left(ExternalId("E1/"))

    clock.move_to(NOW + timedelta(days=30))
    await homes.farewell()
    before = await _names(kept)
    clock.move_to(NOW + timedelta(days=30, seconds=1))
    await homes.farewell()

    assert before == {"T1", "T2", "E1/T8", "E1/T9", "E10/T1"}
    left = {(each.platform, each.external_id) for each in await kept.communities.all()}
    assert left == {("slack", "T2"), ("slack", "E10/T1"), ("sandbox", "T1")}
    assert await kept.installations.gone("slack", before=clock.now()) == []


async def test_who_comes_back_within_thirty_days_finds_everything(kept: Storage, clock: MovableClock) -> None:
    homes = Homes(storage=kept, clock=clock)
    await homes.arrived(_installed("T1"))
    await _community(kept, "T1")
    await homes.left(ExternalId("T1"))
    assert await homes.find(ExternalId("T1")) is None
    await homes.arrived(_installed("T1"))

    clock.move_to(NOW + timedelta(days=60))
    await homes.farewell()

    assert await _names(kept) == {"T1"}
    assert await homes.find(ExternalId("T1")) is not None


async def test_a_community_that_another_process_erased_and_made_anew_is_the_new_one(
    kept: Storage, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.homes.FRESH", 0.0)
    async with listening(Slack()) as slack, ClientSession() as session:
        token = slack.install(slack.add(found("T1", "ada")), scopes=set(SCOPES))
        one, other = Homes(storage=kept, clock=clock), Homes(storage=kept, clock=clock)
        client = AsyncWebClient(base_url=slack.api, session=session)
        roster = Roster(Api(client, Pacer(clock), lost=one.lost))
        await one.arrived(replace(_installed("T1"), token=token))
        home = await one.find(ExternalId("T1"))
        assert home is not None
        before = await one.community(home, roster)

        await kept.communities.erase(before.id)
        made = await other.community(home, roster)

        assert made.id != before.id
        assert await one.community(home, roster) == made


# ── What is asked for ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("url", ["", "https://voisin.example/"])
def test_the_manifest_is_one_that_slack_takes_and_reads_nothing(url: str) -> None:
    assert manifest_problems(manifest(url=url), set()) == []
    assert not any("history" in scope or "email" in scope for scope in SCOPES)


def test_with_an_address_everything_leads_to_it() -> None:
    written = str(manifest(url="https://voisin.example/"))

    assert written.count("https://voisin.example/slack/events") == 3
    assert "'redirect_urls': ['https://voisin.example/slack/oauth_redirect']" in written
    assert "'socket_mode_enabled': False" in written


def test_scopes_that_are_missing_or_too_many_get_a_sentence_each() -> None:
    has = [*(SCOPES.keys() - {"im:write"}), "channels:history"]

    missing, too_many = compared(has)

    assert missing.startswith("The scope im:write is missing, to write to a member alone:")
    assert too_many.startswith("The scope channels:history is granted and not used:")
    assert compared(list(SCOPES)) == []


async def test_the_doctor_asks_slack_what_the_token_may_do() -> None:
    slack = Slack()
    workspace = slack.add(found("T1", "ada"))
    async with listening(slack):
        token = slack.install(workspace, scopes=SCOPES.keys() - {"users:read"})
        settings = SlackSettings(enabled=True, bot_token=SecretStr(token), app_token=SecretStr("xapp-1"))

        [sentence] = await granted(settings, base_url=slack.api)

        assert "users:read is missing" in sentence
        slack.revoke(workspace)
        with pytest.raises(VoisinError, match="VOISIN_SLACK_BOT_TOKEN"):
            await granted(settings, base_url=slack.api)


async def test_settings_that_are_not_complete_are_named() -> None:
    with pytest.raises(BadSetting, match="VOISIN_SLACK_BOT_TOKEN and VOISIN_SLACK_APP_TOKEN"):
        await granted(SlackSettings(enabled=True))
    with pytest.raises(BadSetting, match="VOISIN_SLACK_SIGNING_SECRET"):
        await granted(SlackSettings(enabled=True, url="https://voisin.example", client_id="1"))


# ── Who brought it ──────────────────────────────────────────────────────────────────────────────────


async def test_when_whoever_installed_it_leaves_the_other_conveners_hear_of_it_once(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")
        await house.set_up(ada)
        await ada.asks(f"convener add <@{ben.user.id}|ben>", first_channel(workspace))
        await house.heart.tick()
        everybody = list(workspace.users.values())
        before = {user.id: len(workspace.together(user)) for user in everybody}

        await ben.happens(payloads.user_change(ben.user))
        ada.user.deleted = True
        for _ in range(2):
            await ada.happens(payloads.user_change(ada.user))
        await house.heart.tick()

        heard = {user.name: len(workspace.together(user)) - before[user.id] for user in everybody}
        assert {name for name, count in heard.items() if count} == {"Ben", "Bot"}
        assert heard["Ben"] == 1
        assert "installed me is leaving" in workspace.together(ben.user)[-1].text


@pytest.mark.parametrize("kind", CLOSED)
async def test_a_channel_that_closes_lets_its_program_rest_and_its_convener_know(
    houses: Houses, kind: str
) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        ada = house.hand(workspace, "ada")
        await house.set_up(ada)
        await house.heart.tick()
        room = first_channel(workspace)

        for _ in range(2):
            await ada.happens({"type": kind, "channel": room.id, "event_ts": "1700000000.000100"})
        await ada.happens({"type": kind, "channel": "C0ANOTHER", "event_ts": "1700000000.000100"})
        await house.heart.tick()

        said = [post.text for post in workspace.together(ada.user) if "can no longer write" in post.text]
        assert len(said) == 1
        assert "resume-program" in said[0]
        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            [program] = await work.programs.all()
        assert program.state is ProgramState.PAUSED


async def test_who_is_in_a_channel_is_known_even_while_slack_will_not_describe_them(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    workspace.users["UT1CLEO"].deleted = True
    async with houses.life(workspace) as house:
        room = ExternalId(first_channel(workspace).id)
        fault = houses.slack.fail("users.info", How.LIMITED, retry_after=3600, times=1)

        hardly = await house.platform.people(ExternalId(workspace.id), room)

        assert fault.times == 0
        assert {asker.external_id for asker in hardly} == {"UT1ADA", "UT1BEN", "UT1CLEO"}


async def test_bots_and_who_was_deactivated_are_in_no_channel(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    workspace.users["UT1CLEO"].deleted = True
    async with houses.life(workspace) as house:
        people = await house.platform.people(
            ExternalId(workspace.id), ExternalId(first_channel(workspace).id)
        )

        assert {(asker.external_id, asker.name) for asker in people} == {
            ("UT1ADA", "Ada"),
            ("UT1BEN", "Ben"),
        }
