"""Who may come in: by which name the server is called, from which page a request comes, and with which token.

On this machine's own address nobody needs a token to look: the server hands the browser one, and without it
nothing is changed. From anywhere else nothing is shown without a token, which is printed at the start.

- `Host` must be a name that the server has: a page of another site that has its name point here is sent away.
- `Origin`, where a browser says one, must be the server itself: pages of other sites cannot ask for anything.
- The token comes as a cookie that no script can read and no other site can send, or once in the address.
- There are two: with a guest's one sees and does what trainees do, and opens no instructor's page.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_BYTES_COUNT: Final = 16

OWN_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")

HEADERS: Final = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
"""What every answer says: nothing from outside, nothing inline, in nobody's frame."""

POLICY_VIOLATION: Final = 1008
READS: Final = frozenset({"GET", "HEAD"})


class Role(StrEnum):
    """What a token opens."""

    INSTRUCTOR = "instructor"
    """Everything."""
    GUEST = "guest"
    """What trainees do, and what hangs on the wall."""


def _new_token() -> str:
    """Draw a token that nobody guesses."""
    return secrets.token_urlsafe(TOKEN_BYTES_COUNT)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One token for each role."""

    instructor: str = field(default_factory=_new_token)
    guest: str = field(default_factory=_new_token)

    def role(self, token: str) -> Role | None:
        """Give what a token opens; None: nothing."""
        if secrets.compare_digest(token.encode(), self.instructor.encode()):
            return Role.INSTRUCTOR
        return Role.GUEST if secrets.compare_digest(token.encode(), self.guest.encode()) else None


class Guard:
    """Lets in who may come, before anything else is asked; `scope["state"]["role"]` says as whom.

    Args:
        app: What is behind it.
        host: The address that the server listens on.
        tokens: What whoever comes from elsewhere, and whoever changes something, must know.
        names: Further names that the server has.
    """

    def __init__(self, app: ASGIApp, *, host: str, tokens: Tokens, names: Iterable[str] = ()) -> None:
        self._app = app
        self._tokens = tokens
        self._is_open = not is_loopback(host)
        self._names = {*OWN_NAMES, in_address(host), *names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        role = self._role(scope, headers)
        refusal = self._refusal(scope, headers, role)
        if refusal is not None:
            await _turn_away(scope, receive, send, refusal)
        elif role is not None and _only_reads(scope) and "token" in dict(_query(scope)):
            await self._take_token(scope, headers, role)(scope, receive, send)
        else:
            # Without a token nobody came so far but to look, on this machine's own address: at home there.
            gives_token = role is None
            scope["state"] = {**scope.get("state", {}), "role": role or Role.INSTRUCTOR}
            await self._app(scope, receive, self._with_headers(headers, send, gives_token=gives_token))

    def _role(self, scope: Scope, headers: Headers) -> Role | None:
        """Give as whom somebody comes: by the address first, so that another token can be taken."""
        found = [value for name, value in _query(scope) if name == "token"]
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_name(headers.get("host", "")))
        except CookieError:
            cookie = None
        if cookie is not None:
            found.append(cookie.value)
        return next((role for token in found if (role := self._tokens.role(token)) is not None), None)

    def _refusal(self, scope: Scope, headers: Headers, role: Role | None) -> str | None:
        """Say why somebody may not come in; None: they may."""
        if not self._is_own_name(headers.get("host", "")):
            return "this server is not called so; use the address that was printed at its start"
        origin = headers.get("origin")
        if origin is not None and origin != "null" and origin.partition("://")[2] != headers.get("host"):
            return "a page of another site asked for this"
        if origin == "null" and not _only_reads(scope):
            return "a page of nowhere asked for this"
        if role is None and (self._is_open or not _only_reads(scope)):
            return "a token is needed: open the address that was printed at the start of the server"
        return None

    def _is_own_name(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return name.lower() in self._names or (self._is_open and _is_address(name))

    def _take_token(self, scope: Scope, asked: Headers, role: Role) -> RedirectResponse:
        """Put the token into a cookie, and take it out of the address."""
        rest = urlencode([(name, value) for name, value in _query(scope) if name != "token"])
        answer = RedirectResponse(scope["path"] + (f"?{rest}" if rest else ""), status_code=303)
        answer.headers["set-cookie"] = self._cookie(asked, role)
        return answer

    def _cookie(self, asked: Headers, role: Role) -> str:
        token = self._tokens.instructor if role is Role.INSTRUCTOR else self._tokens.guest
        return f"{cookie_name(asked.get('host', ''))}={token}; HttpOnly; SameSite=Strict; Path=/"

    def _with_headers(self, asked: Headers, send: Send, *, gives_token: bool) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if gives_token:
                    headers["set-cookie"] = self._cookie(asked, Role.INSTRUCTOR)
            await send(message)

        return sending


def cookie_name(host: str) -> str:
    """Give the cookie's name for a `Host`: browsers keep cookies by name, and not by the port of a server."""
    port = host.rpartition(":")[2]
    return f"ambupump_{port}" if port.isdigit() else "ambupump"


async def _turn_away(scope: Scope, receive: Receive, send: Send, refusal: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal})
    else:
        await PlainTextResponse(f"{refusal}\n", status_code=403, headers=HEADERS)(scope, receive, send)


def _only_reads(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in READS


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which nobody else reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    """Whether a name is an address in numbers: no other site can make a browser believe that it is it."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def in_address(host: str) -> str:
    """Give a host as an address has it: brackets around a number with colons."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
