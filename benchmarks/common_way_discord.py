"""How such rounds are commonly sent on Discord: one request after the other, and the library waits."""

from collections.abc import Sequence

import discord

from tests.loopback.discord_server import TOKEN


async def send(rooms: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Introduce the people of each channel, two by two."""
    client = discord.Client(intents=discord.Intents.none())
    await client.login(TOKEN)
    try:
        for number, (room, people) in enumerate(rooms):
            channel = await client.fetch_channel(int(room))
            if not isinstance(channel, discord.TextChannel):
                raise TypeError(f"{room} is no text channel.")
            for pair, (one, other) in enumerate(zip(people[::2], people[1::2], strict=False)):
                thread = await channel.create_thread(name=f"Neighbours {pair}", invitable=False)
                await thread.add_user(discord.Object(int(one)))
                await thread.add_user(discord.Object(int(other)))
                await thread.send(f"<@{one}>, <@{other}>: you are neighbours.", nonce=f"{number}.{pair}")
    finally:
        await client.close()
