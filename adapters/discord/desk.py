"""What Discord asks of the core: the one table of commands, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork


class Option(Protocol):
    """Something that goes with a command."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str:
        """``person``, ``day``, ``days``, ``choice`` or ``text``."""
        ...

    @property
    def required(self) -> bool: ...
    @property
    def choices(self) -> tuple[str, ...]: ...


class Command(Protocol):
    """One thing that can be asked of Voisin."""

    @property
    def name(self) -> str: ...
    @property
    def who(self) -> str:
        """``everybody`` or ``conveners``."""
        ...

    @property
    def options(self) -> Sequence[Option]: ...


class Desk(Protocol):
    """Where commands, buttons and forms are handed in."""

    @property
    def COMMANDS(self) -> Sequence[Command]: ...  # noqa: N802 -- the table's name
    @property
    def PANEL(self) -> Command: ...  # noqa: N802 -- the table's name

    async def run_with(self, open_work: OpenWork, ask: Ask, name: str, given: Given, /) -> Reply:
        """A command by its name in the table."""
        ...

    async def press(self, open_work: OpenWork, ask: Ask, action: str, /) -> Reply:
        """A button."""
        ...

    async def submit(self, open_work: OpenWork, ask: Ask, action: str, values: Mapping[str, str], /) -> Reply:
        """A form that was filled in."""
        ...
