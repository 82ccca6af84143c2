"""The benchmark of a round on Slack, in its short form: it runs, and nothing is ever refused for haste."""

from benchmarks import slack


async def test_a_short_round_goes_out_without_a_429_and_everybody_is_answered_meanwhile() -> None:
    figures = await slack.measure(160, speed=60)

    assert figures["responses_429"] == 0
    assert figures["peer_responses_429"] > 0
    assert figures["acks"] > 0
    assert figures["ack_p99_ms"] > 0
