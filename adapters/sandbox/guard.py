"""Keeps the sandbox to this computer and to its own page."""

import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from adapters.sandbox.labels import labels
from bot.domain.community import Language

TOKEN_HEADER = "X-Voisin-Page"  # noqa: S105 (the name of a header, not a secret)
HERE = {"127.0.0.1", "localhost", "::1"}
SAFE = {"GET", "HEAD"}
HEADERS = {
    # Everything comes from the package; nothing may be embedded, framed or sent elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Rejected(Exception):
    """A request that cannot be taken. ``name`` is that of a label; or ``sentence`` says it already."""

    def __init__(self, status: int, name: str, *, sentence: str = "", **values: int) -> None:
        super().__init__(name)
        self.status = status
        self.name = name
        self.sentence = sentence
        self.values = values


class Guard:
    """One secret per start: a page that another site made cannot know it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)

    @property
    def middleware(self) -> Middleware:
        """To stand before everything of the sandbox."""

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                self._check(request)
                answer = await handler(request)
            except Rejected as rejected:
                return _sorry(request, rejected)
            if not answer.prepared:
                answer.headers.update(HEADERS)
            return answer

        return guard

    def _check(self, request: web.Request) -> None:
        # A name that was rebound to 127.0.0.1 arrives with that name in Host.
        if _host(f"//{request.host}") not in HERE:
            raise Rejected(403, "foreign")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise Rejected(403, "foreign")
        if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise Rejected(403, "foreign")
        if request.method not in SAFE and not hmac.compare_digest(
            request.headers.get(TOKEN_HEADER, "").encode(), self.token.encode()
        ):
            raise Rejected(403, "stale")


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _sorry(request: web.Request, rejected: Rejected) -> web.Response:
    # Who asks is often what is not known: the page says in which language it was asked.
    language = (
        Language.FRENCH if request.headers.get("Accept-Language", "").startswith("fr") else Language.ENGLISH
    )
    sentence = rejected.sentence or labels(language)[rejected.name].format(**rejected.values)
    return web.json_response({"error": sentence}, status=rejected.status, headers=HEADERS)
