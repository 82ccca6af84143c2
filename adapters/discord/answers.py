"""Out, to whoever clicked and to nobody else: whispers, forms, files."""

import io
from collections.abc import Sequence
from dataclasses import replace

import discord
import structlog
from discord import ui

from adapters.discord import forms, render
from adapters.discord.errors import BROKEN, Refused, understood
from bot.messages import Button, Form, Message, Part, Reply

log = structlog.get_logger()


class Answers:
    """The first answer to a click is its acknowledgement; Discord does not count it against anything."""

    async def give(self, interaction: discord.Interaction, reply: Reply, *, page: int = 0) -> None:
        """Show what the core answered; shown or not, what was done is done, and they may ask again."""
        try:
            await self._give(interaction, reply, page=page)
        except BROKEN as error:
            trouble = understood(error, once=False)
            code = trouble.code if isinstance(trouble, Refused) else 0
            log.warning("discord.not_answered", code=code, error=type(error).__name__)

    async def hold(self, interaction: discord.Interaction) -> None:
        """It takes longer than Discord waits: say that it is coming."""
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
        except BROKEN as error:
            log.warning("discord.not_held", error=type(error).__name__)

    async def _give(self, interaction: discord.Interaction, reply: Reply, *, page: int) -> None:
        if reply.form is not None and not interaction.response.is_done():
            await interaction.response.send_modal(forms.modal(reply.form, page=page))
            return
        if reply.form is not None:
            # A form can only be the first answer.
            asked = _linked(reply.form, page)
            await self._whisper(interaction, render.layouts(asked))
            return
        if reply.message is None:
            if not interaction.response.is_done():
                await interaction.response.defer(ephemeral=True)
            return
        views = render.layouts(reply.message)
        file = None
        if reply.file is not None:
            file = discord.File(io.BytesIO(reply.file.content), filename=reply.file.name)
            views[-1].add_item(ui.File(f"attachment://{reply.file.name}"))
        await self._whisper(interaction, views, file=file)

    async def _whisper(
        self,
        interaction: discord.Interaction,
        views: Sequence[ui.LayoutView],
        *,
        file: discord.File | None = None,
    ) -> None:
        quiet = discord.AllowedMentions.none()
        for number, view in enumerate(views):
            last = number == len(views) - 1
            files = [file] if file is not None and last else []
            if number == 0 and not interaction.response.is_done():
                await interaction.response.send_message(
                    view=view, files=files, ephemeral=True, allowed_mentions=quiet
                )
            elif number == 0:
                await interaction.edit_original_response(view=view, attachments=files, allowed_mentions=quiet)
            else:
                await interaction.followup.send(
                    view=view, files=files, ephemeral=True, allowed_mentions=quiet
                )


def with_button(message: Message, button: Button | None) -> Message:
    """The same with one more button, the first."""
    return message if button is None else replace(message, buttons=(button, *message.buttons))


def _linked(form: Form, page: int) -> Message:
    """A form that comes too late to be shown at once: behind a button."""
    part = Part(language=form.language, paragraphs=((form.title,),))
    return Message(name="form", parts=(part,), buttons=(forms.again(form, page=page),))
