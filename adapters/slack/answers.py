"""Out, to whoever asked and to nobody else: windows, whispers, files."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import aiohttp
import structlog

from adapters.slack import render
from adapters.slack.api import Api, Home
from adapters.slack.errors import Refused
from adapters.slack.payloads import words
from bot.domain.ids import ExternalId
from bot.errors import PlatformError
from bot.messages import Ask, File, Form, Message

log = structlog.get_logger()

AT_A_CLICK = 1.0
"""Seconds that a window may wait for its turn: Slack takes it for three after the click."""

FOR_A_FILE = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """Who did something, and where."""

    home: Home
    ask: Ask
    by: float | None
    """When Slack stops waiting for an answer, on the loop's clock; None: nobody waits."""


class Answers:
    """What cannot travel with the acknowledgement. Errands are owned: `stop` waits for them."""

    def __init__(self, *, api: Api, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session
        self._errands: set[asyncio.Task[None]] = set()

    async def open(self, came: Came, trigger: str, form: Form) -> bool:
        """A form, in a window. Like all that follow: whether it is shown."""
        view = render.form(form, kept=_where(came.ask))
        return await self._try(came.home, "views.open", by=came.by, trigger_id=trigger, view=view)

    async def note(self, came: Came, trigger: str, message: Message) -> bool:
        """A message, in a window."""
        view = render.note(message)
        return await self._try(came.home, "views.open", by=came.by, trigger_id=trigger, view=view)

    async def change(
        self, came: Came, view: str, *, form: Form | None = None, message: Message | None = None
    ) -> bool:
        """Another content for a window that is open."""
        if form is not None:
            shown = render.form(form, kept=_where(came.ask))
        elif message is not None:
            shown = render.note(message)
        else:
            return True
        return await self._try(came.home, "views.update", by=came.by, view_id=view, view=shown)

    async def publish(self, came: Came, said: Sequence[Message]) -> bool:
        """The Home tab of one person."""
        person = came.ask.asker.external_id
        return await self._try(came.home, "views.publish", by=came.by, user_id=person, view=render.home(said))

    async def channel(self, came: Came, room: ExternalId) -> str | None:
        """The name of a channel; None for conversations that are none."""
        try:
            answer = await self._api.call(
                came.home, "conversations.info", {"channel": room}, patience=AT_A_CLICK, by=came.by
            )
        except Refused as refused:
            # About channels Voisin may ask, about people's own conversations it may not.
            return None if refused.code == "missing_scope" else room
        except PlatformError:
            # Voisin is not in it, and hears nothing of it: its name is what its people call it.
            return room
        return words(answer, "channel", "name") or room

    def whisper(self, response_url: str, message: Message) -> None:
        """A message that they alone see, below what they pressed."""
        if response_url:
            self.later(self._whisper(response_url, message), what="whisper")

    def hand_over(self, home: Home, person: ExternalId, file: File) -> None:
        """A file, in their own conversation with Voisin."""
        self.later(self._hand_over(home, person, file), what="file")

    def later(self, errand: Coroutine[None, None, None], *, what: str) -> None:
        """Do it after the acknowledgement."""
        task = asyncio.create_task(self._errand(errand, what))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def stop(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._errands)

    async def _errand(self, errand: Coroutine[None, None, None], what: str) -> None:
        try:
            await errand
        except PlatformError as error:
            log.warning("slack.not_answered", what=what, error=str(error))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("slack.not_answered", what=what, error=type(error).__name__)
        except Exception:
            log.exception("slack.errand_defect", what=what)

    async def _whisper(self, response_url: str, message: Message) -> None:
        said = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": render.text(message),
            "blocks": render.blocks(message),
        }
        async with self._session.post(response_url, json=said) as response:
            response.raise_for_status()

    async def _hand_over(self, home: Home, person: ExternalId, file: File) -> None:
        opened = await self._api.call(home, "conversations.open", {"users": person}, patience=FOR_A_FILE)
        granted = await self._api.call(
            home,
            "files.getUploadURLExternal",
            {"filename": file.name, "length": len(file.content)},
            patience=FOR_A_FILE,
        )
        async with self._session.post(words(granted, "upload_url"), data=file.content) as response:
            response.raise_for_status()
        await self._api.call(
            home,
            "files.completeUploadExternal",
            {
                "files": [{"id": words(granted, "file_id"), "title": file.name}],
                "channel_id": words(opened, "channel", "id"),
            },
            patience=FOR_A_FILE,
        )

    async def _try(self, home: Home, method: str, *, by: float | None, **arguments: render.Json) -> bool:
        """Shown or not, what was done is done: they may ask again."""
        try:
            await self._api.call(home, method, arguments, patience=AT_A_CLICK, by=by)
        except Refused as refused:
            log.warning("slack.not_shown", method=method, code=refused.code)
        except PlatformError as error:
            log.warning("slack.not_shown", method=method, error=str(error))
        else:
            return True
        return False


def _where(ask: Ask) -> dict[str, str]:
    return {"space": ask.space, "name": ask.space_name} if ask.space else {}
