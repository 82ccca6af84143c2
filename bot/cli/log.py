"""What Voisin tells whoever runs it: one line per event on standard error, with ids and never with words."""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from bot.settings import LogSettings

WITHOUT_LOCALS = ExceptionDictTransformer(show_locals=False)
"""The values of variables may be somebody's words, or a secret: a traceback names places only."""


def set_up(settings: LogSettings) -> None:
    """For the whole process, before anything runs."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    # Libraries speak through the standard library, and only when something is wrong.
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
    last = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.ExceptionRenderer(WITHOUT_LOCALS)] if settings.format == "json" else []),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked anew for each line: whoever moves standard error moves the log with it.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
