"""What Voisin tells whoever runs it: one line per event on standard error, with ids and never with words.

Of an error it tells the kind and the places, never the message nor the values of variables: they may be
somebody's words, or a secret.
"""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import ExcInfo

from bot.settings import LogSettings


class _Teller(structlog.PrintLogger):
    """Where nobody listens any more (a closed pipe, a full disk) nothing is told, and all else goes on."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def set_up(settings: LogSettings) -> None:
    """For the whole process, before anything runs."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    # Libraries speak through the standard library, and only when something is wrong.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Places("%(name)s: %(message)s"))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    last = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_in_lines)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.ExceptionRenderer(_as_list)] if settings.format == "json" else []),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked anew for each line: whoever moves standard error moves the log with it.
        logger_factory=lambda *_: _Teller(sys.stderr),
        cache_logger_on_first_use=False,
    )


class Places(logging.Formatter):
    """For what libraries say."""

    def formatException(self, ei: object) -> str:  # noqa: N802 -- the standard library's name
        return "\n".join(_places(ei[1])) if isinstance(ei, tuple) else ""


def _in_lines(sio: TextIO, exc_info: ExcInfo) -> None:
    sio.write("\n" + "\n".join(f"  {place}" for place in _places(exc_info[1])))


def _as_list(exc_info: ExcInfo) -> list[str]:
    return list(_places(exc_info[1]))


def _places(error: BaseException | None) -> Iterator[str]:
    """Where it was raised, outermost first, and its kind; then the same of what it came from."""
    while error is not None:
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"{frame.filename}:{frame.lineno} in {frame.name}"
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        error = error.__cause__ or error.__context__
