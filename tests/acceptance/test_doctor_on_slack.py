"""`voisin doctor` asks a Slack on 127.0.0.1: what is missing, scope by scope, in sentences."""

import asyncio
import json
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from adapters.slack.manifest import SCOPES
from tests.acceptance.typed import environment
from tests.loopback.slack_people import found
from tests.loopback.slack_server import Slack, listening

# The program as it is, but for where Slack lives.
PROGRAM = """
import functools, sys
from bot.cli import slack
slack.granted = functools.partial(slack.granted, base_url=sys.argv.pop(1))
from bot.cli.app import main
main()
"""


async def examined(slack: Slack, token: str, folder: Path, **more: str) -> tuple[int, list[str]]:
    """Its status, and what it says of Slack."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, slack.api, "doctor", "--json"),
        cwd=folder,
        env=environment(
            VOISIN_SANDBOX_ENABLED="false",
            VOISIN_SLACK_ENABLED="true",
            VOISIN_SLACK_BOT_TOKEN=token,
            VOISIN_SLACK_APP_TOKEN=slack.app_token,
            **more,
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert token.encode() not in out + err
    found_there = json.loads(out)["findings"]
    return process.returncode or 0, [each["sentence"] for each in found_there if each["what"] == "slack"]


async def of_scopes(scopes: Collection[str], folder: Path, **more: str) -> tuple[int, list[str]]:
    workspace = found("T1", "ada")
    async with listening(Slack()) as slack:
        slack.add(workspace)
        return await examined(slack, slack.install(workspace, scopes=set(scopes)), folder, **more)


async def test_what_is_granted_and_used_is_well_and_it_says_who_must_stay(tmp_path: Path) -> None:
    status, [unnamed] = await of_scopes(SCOPES, tmp_path)
    _, [named] = await of_scopes(SCOPES, tmp_path, VOISIN_SLACK_INSTALLER="U1")

    assert status == 0
    assert "Slack removes the app when whoever installed it leaves" in unnamed
    assert "set installer of [slack]" in unnamed
    assert "set installer" not in named


async def test_each_scope_that_is_missing_or_unused_gets_a_sentence(tmp_path: Path) -> None:
    status, said = await of_scopes(["channels:history"], tmp_path)

    assert status != 0
    assert [sentence.split()[2] for sentence in said] == [*sorted(SCOPES), "channels:history"]
    assert all("is missing" in sentence and "install it again" in sentence for sentence in said[:-1])
    assert "not used" in said[-1]


@pytest.mark.parametrize("scope", ["users:read", "mpim:write"])
async def test_a_scope_that_is_missing_alone_is_named_alone(tmp_path: Path, scope: str) -> None:
    status, [sentence] = await of_scopes(SCOPES.keys() - {scope}, tmp_path)

    assert status != 0
    assert sentence.startswith(f"The scope {scope} is missing, {SCOPES[scope]}")


async def test_a_token_that_opens_nothing_is_named_with_its_remedy(tmp_path: Path) -> None:
    async with listening(Slack()) as slack:
        status, [sentence] = await examined(slack, "xoxb-of-nobody", tmp_path)

    assert status != 0
    assert "VOISIN_SLACK_BOT_TOKEN" in sentence
