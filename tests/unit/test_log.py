import json
import logging

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


def test_what_a_library_says_of_an_error_is_its_kind_and_its_places() -> None:
    canary = "what somebody " + "wrote"
    with pytest.raises(RuntimeError) as caught:
        _chain(canary)
    error = caught.value
    record = logging.LogRecord(
        "aiohttp.server",
        logging.ERROR,
        __file__,
        1,
        "Error handling request",
        (),
        (type(error), error, None),
    )

    said = log.Places("%(name)s: %(message)s").format(record)

    assert said.startswith("aiohttp.server: Error handling request")
    assert "in _chain" in said
    assert "builtins.ValueError" in said
    assert canary not in said


def _chain(words: str) -> None:
    try:
        int(words)
    except ValueError as error:
        raise RuntimeError(words) from error
