"""The published shapes of requests and payloads, where this machine has them."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.required import shared

FOLDER = Path(__file__).parents[3] / "shared" / "conformance"


def _checking() -> Any:
    spec = importlib.util.spec_from_file_location("check_slack", FOLDER / "check_slack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requests_checker() -> Any | None:
    """Holds calls against Slack's types; None where the description is not here."""
    return _checking().SlackRequests() if (FOLDER / "check_slack.py").exists() else None


def manifest_problems(manifest: Mapping[str, Any], methods: set[str]) -> list[str]:
    """What is wrong with a manifest, for the methods that were called."""
    shared("conformance/check_slack.py")
    found: list[str] = _checking().manifest_problems(manifest, methods)
    return found


def shape(name: str) -> dict[str, Any]:
    """The shape of a payload that Slack sends, as in ``events/TeamJoinPayload``."""
    read: dict[str, Any] = json.loads(shared(f"conformance/specs/slack_payloads/{name}.json").read_text())
    return read


def strange(payload: object, pattern: object, place: str = "") -> list[str]:
    """Where a payload has what the shape has not: keys, and kinds of values."""
    match payload, pattern:
        case dict(), dict() if not pattern or not payload:
            return []  # The shape leaves it open: keys there are names of ours.
        case dict(), dict():
            return [
                problem
                for key, value in payload.items()
                for problem in (
                    strange(value, pattern[key], f"{place}.{key}")
                    if key in pattern
                    else [f"{place}.{key} is not in the shape"]
                )
            ]
        case list(), list():
            return [
                problem for one in payload for problem in strange(one, pattern[0] if pattern else one, place)
            ]
        case None, _:
            return []
        case _ if type(payload) is type(pattern):
            return []
        case _:
            return [f"{place} is {payload!r}, not like {pattern!r}"]
