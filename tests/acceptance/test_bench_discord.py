"""The benchmark of rounds on Discord, in its short form: it runs, and nothing is ever refused for haste."""

from benchmarks import discord


async def test_short_rounds_go_out_without_a_429_and_everybody_is_answered_meanwhile() -> None:
    figures = await discord.measure(servers=3, members=6, large=30, speed=20)

    assert figures["introductions"] == 3 * 3 + 15
    assert figures["responses_429"] == 0
    assert figures["acks"] > 0
    assert figures["ack_p99_ms"] > 0
