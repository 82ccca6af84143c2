"""One aiohttp site: says that it is alive, and carries what the adapters mount."""

import errno
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from aiohttp import web

from bot.errors import BadSetting

# How long an open answer may take to end when the site stops; then it is cut.
LAST_WORDS = 2.0

METRICS = "text/plain; version=1.0.0; charset=utf-8"
"""The text format of Prometheus."""


class Site:
    """Mount first, start then; a port of 0 takes a free one."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._app = web.Application()
        self._app.router.add_get("/healthz", _alive)
        self._runner: web.AppRunner | None = None

    @property
    def private(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def tell(self, *, trouble: Callable[[], str], figures: Callable[[], Awaitable[bytes]]) -> None:
        """Serve ``/readyz``, 503 with a sentence while there is trouble, and ``/metrics`` for Prometheus."""

        async def ready(_: web.Request) -> web.Response:
            why = trouble()
            return web.Response(text=f"{why or 'ready'}\n", status=503 if why else 200)

        async def metrics(_: web.Request) -> web.Response:
            return web.Response(body=await figures(), headers={"Content-Type": METRICS})

        self._app.router.add_get("/readyz", ready)
        self._app.router.add_get("/metrics", metrics)

    def mount(self, path: str, app: web.Application, *, home: bool = False) -> None:
        """Everything under ``path``, as in ``/sandbox``; ``home``: who asks for ``/`` is sent there."""
        self._app.add_subapp(path, app)
        if home:

            async def go(_: web.Request) -> web.StreamResponse:
                raise web.HTTPFound(f"{path}/")

            self._app.router.add_get("/", go)

    async def start(self) -> str:
        """Listen; returns the address of the site, as in ``http://127.0.0.1:8080``. Raises BadSetting."""
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=LAST_WORDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port).start()
        except OSError as error:
            await runner.cleanup()
            raise BadSetting(self._why(error)) from error
        self._runner = runner
        self.port = int(runner.addresses[0][1])
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    async def stop(self) -> None:
        """Stop listening and let open answers end."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _why(self, error: OSError) -> str:
        match error.errno:
            case errno.EADDRINUSE:
                return (
                    f"web.port is {self.port}, and something else listens there already: "
                    "stop it, or choose another port (0 takes a free one)."
                )
            case errno.EACCES:
                return f"web.port is {self.port}, which this user may not open: choose one above 1023."
            case _:
                return (
                    f"web.host is {self.host!r}, and this machine cannot listen there ({error.strerror}): "
                    "choose 127.0.0.1."
                )


async def _alive(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")
