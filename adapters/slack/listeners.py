"""In: a person types, presses, fills, or looks at their Home tab; each is one call of the desk."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.slack import render
from adapters.slack.answers import Answers, Came
from adapters.slack.api import Home
from adapters.slack.asking import Asking, home_of
from adapters.slack.desk import Desk
from adapters.slack.homes import Homes, place
from adapters.slack.manifest import CLOSED, RENAMED
from adapters.slack.payloads import (
    Unreadable,
    hollow,
    listed,
    needed,
    readable,
    typed,
    values,
    within,
    words,
)
from adapters.slack.platform import named
from adapters.slack.render import Json
from adapters.slack.roster import Roster
from bot.actions import keep_up, notice, settle_in
from bot.domain.community import Community, Language, TieSource
from bot.domain.ids import ExternalId
from bot.errors import PlatformError
from bot.messages import Given, Reply
from bot.ports import Clock, Storage
from bot.wording import replies

log = structlog.get_logger()

Payload = dict[str, Any]
"""As bolt hands it over; read by `payloads` only."""

ANYTHING = re.compile(r".*", re.DOTALL)
LINE = 4000
"""Characters of a command line that are read; nothing that can be asked needs more."""


class Listeners:
    """Payload → plain arguments → one call → what Slack shows."""

    def __init__(
        self,
        *,
        homes: Homes,
        roster: Roster,
        storage: Storage,
        clock: Clock,
        desk: Desk,
        answers: Answers,
        asking: Asking,
    ) -> None:
        self._homes = homes
        self._roster = roster
        self._storage = storage
        self._clock = clock
        self._desk = desk
        self._answers = answers
        self._asking = asking

    def listen(self, app: AsyncApp, *, reactions: bool) -> None:
        """Everything that Slack may bring."""
        app.error(self.failed)
        app.command(ANYTHING)(self.command)
        app.action(ANYTHING)(self.action)
        app.view(ANYTHING)(self.view)
        app.event("app_home_opened")(self.looked_home)
        app.event("user_change")(self.changed)
        app.event("team_join")(self.changed)
        app.event("member_joined_channel")(self.joined)
        app.event("member_left_channel")(self.left)
        for closed in CLOSED:
            app.event(closed)(self.closed)
        for renamed in RENAMED:
            app.event(renamed)(self.renamed)
        app.event("app_uninstalled")(self.uninstalled)
        app.event("tokens_revoked")(self.revoked)
        app.event("team_access_granted")(self.given)
        app.event("team_access_revoked")(self.taken)
        if reactions:
            app.event("reaction_added")(self.reacted)
        app.event(ANYTHING)(self.passed_over)

    # ── Commands, buttons, forms ────────────────────────────────────────────────────────────────────

    async def command(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """``/voisin …``: the answer is the acknowledgement itself, shown to them alone."""
        line = words(body, "text")[:LINE]
        came = await self._asking.came(
            context,
            user=needed(body, "user_id"),
            room=words(body, "channel_id"),
            room_name=words(body, "channel_name"),
            event=words(body, "trigger_id"),
        )
        if came is None:
            await ack(render.text(replies.refusal(Language.ENGLISH, "broken", {})))
            return
        people = await self._asking.people(came, line)
        reply = await self._desk.run(self._storage.open_work, came.ask, typed(line), people)
        self._clock.ring()
        if (form := reply.form) is not None:
            about = await self._asking.about(came, form)
            if about is None:
                reply = await self._refuse(came, "space_needed")
            elif not await self._answers.open(about, words(body, "trigger_id"), form):
                reply = await self._refuse(came, "window_missing")
        if reply.file is not None:
            self._answers.hand_over(came.home, came.ask.asker.external_id, reply.file)
        if reply.message is not None:
            await ack(
                text=render.text(reply.message),
                blocks=[dict(block) for block in render.blocks(reply.message)],
                response_type="ephemeral",
            )
        else:
            await ack()

    async def action(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """A button, in a message, in the Home tab or in a form."""
        pressed = words(next(iter(listed(body, "actions")), None), "action_id")
        view = within(body, "view")
        came = await self._asking.came(
            context,
            user=needed(body, "user", "id"),
            room=words(body, "channel", "id") or words(body, "container", "channel_id"),
            room_name=words(body, "channel", "name"),
            event=words(body, "trigger_id"),
        )
        if came is None:
            await ack()
            return
        reply = await self._desk.press(self._storage.open_work, came.ask, pressed)
        self._clock.ring()
        if reply.file is not None:
            self._answers.hand_over(came.home, came.ask.asker.external_id, reply.file)
        trigger = words(body, "trigger_id")
        if reply.form is not None and words(view, "type") != "modal":
            if not await self._answers.open(came, trigger, reply.form):
                refused = await self._refuse(came, "window_missing")
                if refused.message is not None:
                    self._answers.whisper(words(body, "response_url"), refused.message)
        elif words(view, "type") == "modal":
            await self._answers.change(came, words(view, "id"), form=reply.form, message=reply.message)
        elif reply.message is not None and view is not None:
            await self._answers.note(came, trigger, reply.message)
        elif reply.message is not None:
            self._answers.whisper(words(body, "response_url"), reply.message)
        if words(view, "type") == "home":
            again = replace(came, ask=replace(came.ask, event=None), by=None)
            self._answers.later(self._show_home(again), what="home")
        await ack()

    async def view(self, ack: AsyncAck, body: Payload, context: AsyncBoltContext) -> None:
        """A form that was filled in."""
        view = within(body, "view")
        kept = _kept(words(view, "private_metadata"))
        came = await self._asking.came(
            context,
            user=needed(body, "user", "id"),
            room=words(kept, "space"),
            room_name=words(kept, "name"),
            # A form that is sent twice is one form.
            event=f"{needed(view, 'id')}/{words(view, 'hash')}",
        )
        if came is None:
            await ack()
            return
        reply = await self._desk.submit(
            self._storage.open_work, came.ask, words(view, "callback_id"), values(view)
        )
        self._clock.ring()
        if reply.errors:
            placed = dict(_placed(reply, view))
            if not placed:
                raise Unreadable("A form without any of its fields.")
            await ack(response_action="errors", errors=placed)
        elif reply.message is not None:
            title = words(view, "title", "text") or render.NAME
            await ack(response_action="update", view=dict(render.note(reply.message, title=title)))
        else:
            await ack()

    # ── Events ──────────────────────────────────────────────────────────────────────────────────────

    async def looked_home(self, event: Payload, body: Payload, context: AsyncBoltContext) -> None:
        """They open the Home tab: their panel."""
        if words(event, "tab") not in {"", "home"}:
            return
        came = await self._asking.came(
            context, user=needed(event, "user"), room="", room_name="", event=words(body, "event_id")
        )
        if came is not None:
            await self._show_home(came)

    async def changed(self, event: Payload, context: AsyncBoltContext) -> None:
        """Somebody has another name, zone or role, has gone, or is new."""
        home = home_of(context)
        if home is None:
            return
        known = self._roster.learn(home, within(event, "user"))
        community = await self._homes.community(home, self._roster)
        open_work, person = self._storage.open_work, known.asker.external_id
        if person == home.installer and (not known.counts or known.asker.guest):
            # Slack is about to take Voisin out; nobody else would know why.
            await settle_in.installer_leaves(open_work, community.id, person, now=self._clock.now())
            self._clock.ring()
        if known.counts:
            await keep_up.changed(open_work, community.id, known.asker)
        else:
            await keep_up.gone(open_work, community.id, person, now=self._clock.now())

    async def joined(self, event: Payload, context: AsyncBoltContext) -> None:
        """Somebody came into a channel: who they are is asked now, and known when a round begins."""
        home = home_of(context)
        if home is not None:
            with suppress(PlatformError):  # Then it is asked right before the round.
                await self._roster.find(home, ExternalId(needed(event, "user")))

    async def left(self, event: Payload, context: AsyncBoltContext) -> None:
        """Somebody left a channel, and with it what takes place there."""
        home, person = home_of(context), ExternalId(needed(event, "user"))
        if home is not None and person != home.bot:  # Of itself Slack says it in another way, too.
            community = await self._homes.community(home, self._roster)
            channel = ExternalId(needed(event, "channel"))
            await keep_up.left_space(
                self._storage.open_work, community.id, person, channel, now=self._clock.now()
            )
            self._clock.ring()

    async def renamed(self, event: Payload, context: AsyncBoltContext) -> None:
        """A channel is called otherwise."""
        home = home_of(context)
        if home is not None:
            community = await self._homes.community(home, self._roster)
            channel, name = needed(event, "channel", "id"), needed(event, "channel", "name")
            await settle_in.space_renamed(self._storage.open_work, community.id, ExternalId(channel), name)

    async def closed(self, event: Payload, context: AsyncBoltContext) -> None:
        """A channel was archived or deleted, or Voisin was taken out of it."""
        home = home_of(context)
        if home is not None:
            community = await self._homes.community(home, self._roster)
            await settle_in.space_closed(
                self._storage.open_work,
                community.id,
                ExternalId(needed(event, "channel")),
                now=self._clock.now(),
            )
            self._clock.ring()

    async def uninstalled(self, context: AsyncBoltContext) -> None:
        """Voisin was taken out; it may be told twice, and in any order with the next one."""
        await self._homes.left(await self._left(context))

    async def revoked(self, event: Payload, context: AsyncBoltContext) -> None:
        """The bot's own token was revoked: the same. Those of people are none of ours."""
        if listed(event, "tokens", "bot"):
            await self._homes.left(await self._left(context))

    async def taken(self, event: Payload, context: AsyncBoltContext) -> None:
        """An organization took workspaces away; in its others Voisin goes on."""
        for team in listed(event, "team_ids"):
            if isinstance(team, str):
                await self._homes.left(place(context.enterprise_id, team))

    async def given(self, event: Payload, context: AsyncBoltContext) -> None:
        """An organization gave workspaces, or gave them back."""
        for team in listed(event, "team_ids"):
            if isinstance(team, str):
                await self._homes.given(place(context.enterprise_id, team))

    async def _left(self, context: AsyncBoltContext) -> ExternalId:
        """What Voisin was taken out of: an organization, or a workspace by the name that it is known by."""
        where = place(context.enterprise_id, None if context.is_enterprise_install else context.team_id)
        home = await self._homes.find(where)
        return where if home is None else home.place

    async def reacted(self, event: Payload, context: AsyncBoltContext) -> None:
        """Somebody reacted to somebody: that, and when, and nothing of with what; nor to what, if it is not a
        post of Voisin's own.
        """
        home = home_of(context)
        source, target = words(event, "user"), words(event, "item_user")
        if home is None or not source or source == target:
            return
        community = await self._homes.community(home, self._roster)
        if target in ("", home.bot):  # Of some posts of apps Slack does not say whose they are.
            await self._taken_up(home, community, ExternalId(source), within(event, "item"))
            return
        deed = notice.Deed(
            source=TieSource.REACTIONS,
            one=ExternalId(source),
            other=ExternalId(target),
            at=_stamped(words(event, "event_ts"), latest=self._clock.now()),
        )
        await notice.deeds(self._storage.open_work, community.id, [deed], now=self._clock.now())

    async def _taken_up(self, home: Home, community: Community, person: ExternalId, item: Json) -> None:
        """A sign at a post that may bring what somebody shared; that of a machine is none."""
        room, post = words(item, "channel"), words(item, "ts")
        known = await self._roster.find(home, person) if room and post else None
        if known is not None and known.counts:
            await notice.taken_up(
                self._storage.open_work, community.id, person, named(room, post), now=self._clock.now()
            )

    async def passed_over(self) -> None:
        """Nothing that Voisin needs: acknowledged, so that Slack does not bring it again."""

    async def failed(self, error: Exception, body: Json) -> BoltResponse:
        """What is not readable is refused; for what failed here, Slack is to try again."""
        if isinstance(error, Unreadable) or not readable(body) or hollow(body):
            log.warning("slack.unreadable", error=type(error).__name__)
            return BoltResponse(status=400, body="")
        log.error("slack.failed", error=type(error).__name__, exc_info=error)
        return BoltResponse(status=500, body="")

    async def _refuse(self, came: Came, name: str) -> Reply:
        return await self._desk.refuse(self._storage.open_work, came.ask, name)

    async def _show_home(self, came: Came) -> None:
        reply = await self._desk.run_with(self._storage.open_work, came.ask, "panel", Given())
        if reply.message is None:
            return  # Heard before.
        said = [reply.message]
        ask = replace(came.ask, event=None)
        more = await self._desk.run_with(self._storage.open_work, ask, "overview", Given())
        said += [more.message] if more.message is not None else []
        await self._answers.publish(came, said)


def _kept(written: str) -> Json:
    try:
        kept: Json = json.loads(written or "{}")
    except ValueError:
        return {}
    return kept


def _stamped(written: str, *, latest: datetime) -> datetime:
    """A moment as Slack writes it; no later than now, whatever its clock says."""
    try:
        return min(datetime.fromtimestamp(float(written), UTC), latest)
    except (ValueError, OverflowError, OSError):
        return latest


def _placed(reply: Reply, view: Json) -> Mapping[str, str]:
    """Each sentence at its field; Slack refuses one for a field that is not there."""
    fields = [words(block, "block_id") for block in listed(view, "blocks")]
    there = {name: sentence for name, sentence in reply.errors.items() if name in fields}
    return there or dict(zip(fields[:1], reply.errors.values(), strict=False))
