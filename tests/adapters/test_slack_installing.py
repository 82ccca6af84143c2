"""From the "Add to Slack" page into a workspace, and out of it again."""

import asyncio
import html
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.slack.manifest import manifest
from bot.domain.ids import ExternalId
from bot.domain.member import Standing
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_hands import Heard
from tests.loopback.slack_house import House, Houses, first_channel, granted, place
from tests.loopback.slack_people import Json, Workspace, found
from tests.required import shared


@pytest.fixture
def workspace() -> Workspace:
    return found("T5", "ida", "jon")


@pytest.fixture
async def house(houses: Houses, workspace: Workspace) -> AsyncIterator[House]:
    """Voisin by HTTP, installed nowhere yet."""
    houses.slack.add(workspace)
    async with houses.life(road="http") as house:
        yield house


async def asked(house: House) -> dict[str, str]:
    """What the "Add to Slack" button asks of Slack."""
    async with house.session.get(f"{house.address}/slack/install") as response:
        page = await response.text()
        cookie = response.headers["Set-Cookie"].partition(";")[0]
    address = html.unescape(page.partition('href="')[2].partition('"')[0])
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()} | {
        "cookie": cookie
    }


async def back(house: House, *, cookie: str = "", **query: str) -> Heard:
    """Slack sends the browser back with this."""
    address = f"{house.address}/slack/oauth_redirect"
    async with house.session.get(address, params=query, headers={"Cookie": cookie}) as response:
        return Heard(status=response.status, body=await response.text(), seconds=0)


async def install(house: House, *workspaces: Workspace) -> Heard:
    """Somebody clicks through it all."""
    query = await asked(house)
    scopes = set(query["scope"].split(","))
    house.slack.codes["code"] = house.slack.grant(*workspaces, scopes=scopes)
    return await back(house, code="code", state=query["state"], cookie=query["cookie"])


async def test_the_page_asks_for_just_what_the_manifest_asks_for(house: House) -> None:
    query = await asked(house)

    assert set(query["scope"].split(",")) == granted()
    assert query.get("user_scope", "") == ""
    assert query["client_id"] == house.slack.client[0]


async def test_no_other_page_can_wear_the_install_page(house: House) -> None:
    for path in ("install", "oauth_redirect"):
        async with house.session.get(f"{house.address}/slack/{path}") as response:
            assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
            assert response.headers["Cache-Control"] == "no-store"


async def test_the_proof_of_who_began_stays_with_their_browser(house: House) -> None:
    async with house.session.get(f"{house.address}/slack/install") as response:
        cookie = response.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "Secure" in cookie


async def test_a_workspace_that_installs_it_has_voisin_and_its_installer_hears_how_to_begin(
    house: House, workspace: Workspace
) -> None:
    page = await install(house, workspace)
    await house.heart.tick()
    answer = await house.hand(workspace, "jon").asks("help", first_channel(workspace))

    kept = await house.storage.installations.find("slack", place(workspace))
    assert page.status == 200
    assert "Slack removes the app" in page.body
    assert kept is not None
    assert kept.installer == "UT5IDA"
    assert len(workspace.together(workspace.users["UT5IDA"])) == 1
    assert "/voisin" in answer.shown


async def test_no_token_stands_in_the_database_as_it_is(
    houses: Houses, house: House, workspace: Workspace
) -> None:
    await install(house, workspace)

    token = next(iter(house.slack.grants)).encode()
    for file in houses.file.parent.glob(f"{houses.file.name}*"):
        assert token not in file.read_bytes()


async def test_a_state_is_good_once_however_many_come_with_it(house: House, workspace: Workspace) -> None:
    query = await asked(house)
    for number in range(8):
        house.slack.codes[f"code{number}"] = house.slack.grant(workspace, scopes=granted())

    pages = await asyncio.gather(
        *(
            back(house, code=f"code{number}", state=query["state"], cookie=query["cookie"])
            for number in range(8)
        )
    )

    assert sorted(page.status == 200 for page in pages) == [False] * 7 + [True]
    assert len(house.slack.grants) == 1


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"code": "code", "state": "invented"}, id="a state of someone else's making"),
        pytest.param({"code": "code"}, id="no state"),
        pytest.param({"error": "access_denied"}, id="they thought better of it"),
        pytest.param({}, id="nothing"),
    ],
)
async def test_who_does_not_come_from_our_page_installs_nothing(
    house: House, workspace: Workspace, query: dict[str, str]
) -> None:
    house.slack.codes["code"] = house.slack.grant(workspace, scopes=granted())

    page = await back(house, **query)

    assert page.status >= 400 or query.get("error")
    assert "Traceback" not in page.body
    assert await house.storage.installations.all("slack") == []


async def test_a_code_that_slack_does_not_know_is_a_sentence(house: House) -> None:
    query = await asked(house)

    page = await back(house, code="old", state=query["state"], cookie=query["cookie"])

    assert page.status >= 400
    assert "nothing was kept" in page.body
    assert await house.storage.installations.all("slack") == []


async def test_an_app_whose_tokens_expire_is_refused_with_the_remedy_and_nothing_is_kept(
    house: House, workspace: Workspace
) -> None:
    house.slack.rotates = True

    page = await install(house, workspace)

    assert page.status == 400
    assert "turn token rotation off" in page.body
    assert await house.storage.installations.all("slack") == []
    settings = manifest()["settings"]
    assert isinstance(settings, dict)
    assert settings["token_rotation_enabled"] is False


async def test_every_documented_refusal_of_an_installation_is_said_on_its_page(
    house: House, workspace: Workspace
) -> None:
    described = json.loads((shared("conformance/specs/slack_methods") / "oauth.v2.access.json").read_text())

    for code in sorted(described["errors"]):
        house.slack.fail("oauth.v2.access", error=code)
        page = await install(house, workspace)
        assert page.status >= 400, code
        assert "nothing was kept" in page.body, code

    assert await house.storage.installations.all("slack") == []
    assert len(described["errors"]) > 10


async def test_an_organization_installs_it_once_for_all_its_workspaces(houses: Houses, house: House) -> None:
    one, other = found("T6", "kim", "lou", enterprise="E6"), found("T7", "mia", "noe", enterprise="E6")
    for workspace in (one, other):
        houses.slack.add(workspace)

    page = await install(house, one, other)
    answers = [
        await house.hand(one, "kim").asks("", first_channel(one)),
        await house.hand(other, "mia").asks("", first_channel(other)),
    ]

    communities = await house.storage.communities.all()
    assert page.status == 200
    assert {community.external_id for community in communities} == {place(one), place(other)}
    assert all("Here is where you stand" in answer.shown for answer in answers)


async def test_of_an_organization_everything_finds_its_workspace(houses: Houses, house: House) -> None:
    one, other = found("T6", "kim", "lou", enterprise="E6"), found("T7", "mia", "noe", enterprise="E6")
    for workspace in (one, other):
        houses.slack.add(workspace)
    await install(house, one, other)
    mia = house.hand(other, "mia")
    await house.set_up(mia)
    noe = house.hand(other, "noe")
    await noe.asks("join", first_channel(other))

    home = await noe.looks_home()
    await noe.presses_at(home, "me:")
    heard = await noe.fills(noe.forms[-1], learning="weaving")
    await noe.happens(payloads.joined(noe.user, first_channel(other), left=True))

    community = await house.community(other)
    assert community is not None
    async with house.storage.open_work(community.id) as work:
        member = await work.members.find(ExternalId(noe.user.id))
        assert member is not None
        yeses = await work.participations.of_member(member.id)
    assert heard.body["response_action"] == "update"
    assert member.learning == "weaving"
    assert [yes.standing for yes in yeses] == [Standing.LEFT]
    assert {each.external_id for each in await house.storage.communities.all()} == {place(other)}


async def test_an_organization_that_takes_it_out_lets_all_its_workspaces_rest(
    houses: Houses, house: House
) -> None:
    one, other = found("T6", "kim", enterprise="E6"), found("T7", "mia", enterprise="E6")
    for workspace in (one, other):
        houses.slack.add(workspace)
    await install(house, one, other)
    await house.hand(one, "kim").asks("", first_channel(one))
    await house.hand(other, "mia").asks("", first_channel(other))

    removed = payloads.event(one, houses.slack.app_id, {"type": "app_uninstalled"}, whole=True)
    heard = await house.road.bring("events_api", removed)

    communities = await house.storage.communities.all()
    assert heard.status == 200
    assert len(communities) == 2
    assert all(community.away_since is not None for community in communities)
    assert await house.storage.installations.all("slack") == []


async def test_a_workspace_that_its_organization_takes_away_rests_until_it_is_given_back(
    houses: Houses, house: House
) -> None:
    one, other = found("T6", "kim", enterprise="E6"), found("T7", "mia", enterprise="E6")
    for workspace in (one, other):
        houses.slack.add(workspace)
    await install(house, one, other)
    kim, mia = house.hand(one, "kim"), house.hand(other, "mia")
    await kim.asks("", first_channel(one))
    await mia.asks("", first_channel(other))

    async def told(kind: str) -> list[bool]:
        about: Json = {"type": kind, "team_ids": [other.id], "event_ts": "1700000000.000100"}
        said = payloads.event(one, houses.slack.app_id, about, whole=True)
        del said["team_id"], said["authorizations"]
        assert (await house.road.bring("events_api", said)).status == 200
        communities = [await house.community(workspace) for workspace in (one, other)]
        return [community is not None and community.away_since is not None for community in communities]

    taken = await told("team_access_revoked")
    heard = await mia.types("", first_channel(other))
    given = await told("team_access_granted")
    answer = await mia.asks("", first_channel(other))

    assert (taken, given) == ([False, True], [False, False])
    assert heard.body == ""
    assert "Here is where you stand" in answer.shown


@pytest.mark.parametrize("first", ["app_uninstalled", "tokens_revoked"])
async def test_a_removal_is_told_twice_in_any_order_and_forgets_the_token_at_once(
    house: House, workspace: Workspace, first: str
) -> None:
    await install(house, workspace)
    token = next(iter(house.slack.grants))
    told: list[Json] = [
        {"type": "app_uninstalled"},
        {"type": "tokens_revoked", "tokens": {"bot": [workspace.bot.id]}},
    ]
    house.slack.revoke(workspace)

    for inner in sorted(told, key=lambda inner: bool(inner["type"] != first)):
        heard = await house.road.bring("events_api", payloads.event(workspace, "A0VOISIN", inner))
        assert heard.status == 200

    before = len([call for call in house.slack.calls if call.error])
    await house.hand(workspace, "jon").types("join", first_channel(workspace))
    assert await house.storage.installations.find("slack", place(workspace)) is None
    assert len([call for call in house.slack.calls if call.error]) == before
    assert token not in house.slack.grants


async def test_who_installs_it_again_goes_on_where_they_were(house: House, workspace: Workspace) -> None:
    await install(house, workspace)
    community = await house.community(workspace)
    house.slack.revoke(workspace)
    await house.road.bring("events_api", payloads.event(workspace, "A0VOISIN", {"type": "app_uninstalled"}))

    await install(house, workspace)
    answer = await house.hand(workspace, "jon").asks("", first_channel(workspace))

    assert await house.community(workspace) == community
    assert "Here is where you stand" in answer.shown
