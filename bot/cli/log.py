"""What Voisin tells whoever runs it: one line per event on standard error, with ids and never with words."""

import logging
import sys

import structlog

from bot.settings import LogSettings


def set_up(settings: LogSettings) -> None:
    """For the whole process, before anything runs."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    # Libraries speak through the standard library, and only when something is wrong.
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
    last = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.dict_tracebacks] if settings.format == "json" else []),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked anew for each line: whoever moves standard error moves the log with it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
