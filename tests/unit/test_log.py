import json

import pytest
import structlog

from bot.cli import log
from bot.settings import LogSettings


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_never_shows_what_stood_in_a_variable(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.set_up(LogSettings.model_validate({"format": form}))
    canary = "what somebody " + "wrote"

    try:
        _fail(canary)
    except RuntimeError:
        structlog.get_logger().exception("defect", id="d1")
    finally:
        structlog.reset_defaults()

    said = capsys.readouterr().err
    assert canary not in said
    assert "d1" in said
    assert "_fail" in said
    if form == "json":
        assert json.loads(said)["event"] == "defect"


def _fail(words: str) -> None:
    kept = words.upper()
    raise RuntimeError(len(kept))
