"""What Slack brings again, because it did not hear our answer, happens once."""

from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_hands import Hand, Heard
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import Json, Workspace, found

THRICE = range(3)


class Again:
    """The same road, on which everything comes three times."""

    def __init__(self, hand: Hand) -> None:
        self._road = hand.road

    async def bring(self, kind: str, payload: Json) -> Heard:
        heard = [await self._road.bring(kind, payload) for _ in THRICE]
        assert [one.status for one in heard] == [200, 200, 200]
        return heard[0]


def stammering(house: House, workspace: Workspace, name: str) -> Hand:
    hand = house.hand(workspace, name)
    hand.road = Again(hand)
    return hand


async def test_a_command_that_comes_three_times_is_done_and_answered_once(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        room, ada = first_channel(workspace), stammering(house, workspace, "ada")
        known = f"know <@{workspace.users['UT1BEN'].id}|ben>"

        answer = await ada.asks(known, room)

        # Said again, it would have offered to take it back.
        assert "unknow" not in str(answer.buttons)
        assert len(ada.private) == 2


async def test_a_click_that_comes_three_times_is_done_and_answered_once(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo", "dan")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo", "dan")
        await house.move_to(TUESDAY)
        ada = stammering(house, workspace, "ada")
        theirs = next(post for post in introductions(workspace) if post in workspace.together(ada.user))
        before = len(ada.private)

        await ada.asks_by(theirs, "phrase")
        await ada.asks("help")

        assert len(ada.private) == before + 2


async def test_a_form_that_comes_three_times_is_taken_once(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        ada = house.hand(workspace, "ada")
        form = await ada.opens("setup", first_channel(workspace))

        await stammering(house, workspace, "ada").fills(form)
        await house.heart.tick()

        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            assert len(await work.programs.all()) == 1
        assert (
            len([post for post in workspace.posts if post.only is None and "join:" in str(post.buttons)]) == 1
        )


async def test_an_event_that_comes_three_times_has_its_effect_once(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        ada, ben = stammering(house, workspace, "ada"), house.hand(workspace, "ben")
        await house.hand(workspace, "ada").asks(
            f"convener add <@{ben.user.id}|ben>", first_channel(workspace)
        )
        await house.heart.tick()
        before = len(workspace.together(ben.user))
        ada.user.deleted = True

        await ada.happens(payloads.user_change(ada.user))
        await house.heart.tick()

        assert len(workspace.together(ben.user)) == before + 1
