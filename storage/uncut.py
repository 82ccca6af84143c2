"""What was begun with the database is finished, even if whoever asked for it is cut off meanwhile.

A statement that is cancelled half-way leaves its connection to nobody, with the database's lock in its hand.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def uncut(do: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The same, but a cancellation waits until it is done, and comes through then."""

    @wraps(do)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        doing = asyncio.ensure_future(do(*args, **kwargs))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            if not doing.cancelled():
                doing.exception()  # Looked at, so that nobody complains: who asked is gone.
            raise

    return whole
