"""What Slack asks of the core: the one table of commands, and nothing else."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.messages import Ask, Asker, Given, Reply
from bot.ports import OpenWork

FindPerson = Callable[[str], Asker | None]


class Desk(Protocol):
    """Where commands, buttons and forms are handed in."""

    async def run(self, open_work: OpenWork, ask: Ask, line: str, find_person: FindPerson, /) -> Reply:
        """What was typed after ``/voisin``, in either language."""
        ...

    async def run_with(self, open_work: OpenWork, ask: Ask, name: str, given: Given, /) -> Reply:
        """A command by its name in the table."""
        ...

    async def press(self, open_work: OpenWork, ask: Ask, action: str, /) -> Reply:
        """A button."""
        ...

    async def submit(self, open_work: OpenWork, ask: Ask, action: str, values: Mapping[str, str], /) -> Reply:
        """A form that was filled in."""
        ...

    async def refuse(self, open_work: OpenWork, ask: Ask, name: str, /) -> Reply:
        """What only Slack knows is impossible, said in the language of who asked."""
        ...
