"""What lies between a program and its PostgreSQL, to be cut and mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SOCKET = ".s.PGSQL.5432"


@dataclass(kw_only=True)
class Wire:
    """A socket that leads to the server's: ``cut`` breaks what is connected and refuses the rest."""

    server: Path
    folder: Path
    _listening: asyncio.Server | None = None
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)
    _carrying: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, name: str) -> str:
        """Of a database, by this wire."""
        return f"postgresql+psycopg://voisin@/{name}?host={self.folder}"

    async def mend(self) -> None:
        """Connections come through from now on."""
        self._listening = await asyncio.start_unix_server(self._connected, self.folder / SOCKET)

    async def cut(self) -> None:
        """None does, and those that were there are broken."""
        if self._listening is not None:
            self._listening.close()
            (self.folder / SOCKET).unlink(missing_ok=True)
        for end in list(self._ends):
            end.transport.abort()
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(self.server / SOCKET))
        self._ends |= {writer, back}
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(source, target))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while said := await source.read(65_536):
                target.write(said)
                await target.drain()
        target.close()
        self._ends.discard(target)


@asynccontextmanager
async def wire(server: Path, folder: Path) -> AsyncIterator[Wire]:
    """One that works, cut at the end."""
    made = Wire(server=server, folder=folder)
    await made.mend()
    try:
        yield made
    finally:
        await made.cut()
