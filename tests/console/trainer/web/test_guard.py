"""Who may come in, asked of the guard itself with an application behind it that would let anybody."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from console.trainer.web.guard import Guard, Tokens, cookie_name, is_loopback

TOKENS = Tokens(instructor="sesame-of-the-test", guest="a-guest-of-the-test")
TOKEN = TOKENS.instructor
LOCAL, ANYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - nothing listens in these tests


roles: list[str] = []
"""As whom the last ones came."""


async def _behind(scope: Scope, _receive: Receive, send: Send) -> None:
    roles[:] = [scope["state"]["role"]]
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


def asked(
    served_on: str, *, kind: str = "http", method: str = "GET", query: str = "", **headers: str
) -> list[Message]:
    """What the guard of a server on `served_on` answers."""
    sent: list[Message] = []
    scope: Scope = {
        "type": kind,
        "path": "/runs",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        **({"method": method} if kind == "http" else {}),
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(_behind, host=served_on, tokens=TOKENS, names=("ward-7",))(scope, receive, send))
    return sent


def let_in(answer: list[Message]) -> bool:
    first = answer[0]
    return bool(first["type"] == "websocket.accept" or first.get("status") == 200)


def header(answer: list[Message], name: str) -> str:
    return str(dict(answer[0]["headers"]).get(name.encode(), b""), "ascii")


COOKIE = cookie_name("127.0.0.1:8080")
COOKIES = {"cookie": f"{COOKIE}={TOKEN}"}


@pytest.mark.parametrize(
    "name", ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "ward-7:8080"]
)
def test_the_servers_own_names_may_be_looked_at(name: str) -> None:
    assert let_in(asked(LOCAL, host=name))


@pytest.mark.parametrize(
    "name", ["", "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.9"]
)
def test_another_name_that_points_here_is_turned_away(name: str) -> None:
    answer = asked(LOCAL, host=name)
    assert not let_in(answer)
    assert answer[0]["status"] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "null"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_of_another_site_changes_nothing_even_with_the_token(origin: str, kind: str) -> None:
    assert not let_in(asked(LOCAL, kind=kind, method="POST", host="127.0.0.1:8080", origin=origin, **COOKIES))


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "cookie", ["", f"{COOKIE}=guess", f"{COOKIE}={TOKEN}x", "other=1", ";;=", f"x{COOKIE}={TOKEN}"]
)
def test_without_the_token_nothing_is_changed(kind: str, cookie: str) -> None:
    own = {"host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"}
    assert not let_in(asked(LOCAL, kind=kind, method="POST", cookie=cookie, **own))
    assert let_in(asked(LOCAL, kind=kind, method="POST", **own, **COOKIES))


def test_on_this_machine_a_browser_is_given_the_token_that_no_script_reads() -> None:
    cookie = header(asked(LOCAL, host="127.0.0.1:8080"), "set-cookie")
    assert cookie.startswith(f"{COOKIE}={TOKEN};")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_from_elsewhere_nothing_is_shown_without_the_token() -> None:
    answer = asked(ANYWHERE, host="192.168.1.5:8080")
    assert not let_in(answer)
    assert header(answer, "set-cookie") == ""
    assert let_in(asked(ANYWHERE, host="192.168.1.5:8080", **COOKIES))


def test_the_token_in_the_address_is_taken_out_of_it() -> None:
    answer = asked(ANYWHERE, host="192.168.1.5:8080", query=f"token={TOKEN}&lesson=a")
    assert answer[0]["status"] == 303
    assert header(answer, "location") == "/runs?lesson=a"
    assert header(answer, "set-cookie").startswith(f"{COOKIE}={TOKEN};")


def test_every_answer_forbids_what_comes_from_outside() -> None:
    for answer in (asked(LOCAL, host="127.0.0.1:8080"), asked(LOCAL, host="evil.example")):
        assert "default-src 'self'" in header(answer, "content-security-policy")
        assert "frame-ancestors 'none'" in header(answer, "content-security-policy")
        assert header(answer, "x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        (ANYWHERE, False),
        ("ward-7", False),
    ],
)
def test_which_addresses_are_this_machines_own(host: str, *, is_own: bool) -> None:
    assert is_loopback(host) is is_own


def test_a_guests_token_opens_what_is_for_guests_and_the_last_one_taken_counts() -> None:
    guest = {"cookie": f"{COOKIE}={TOKENS.guest}"}
    assert let_in(asked(ANYWHERE, kind="websocket", host="192.168.1.5:8080", **guest))
    assert roles == ["guest"]
    assert let_in(asked(ANYWHERE, host="192.168.1.5:8080", **COOKIES))
    assert roles == ["instructor"]
    taken = asked(ANYWHERE, host="192.168.1.5:8080", query=f"token={TOKEN}", **guest)
    assert header(taken, "set-cookie").startswith(f"{COOKIE}={TOKEN};")


def test_every_server_has_tokens_of_its_own() -> None:
    drawn = {token for each in (Tokens(), Tokens()) for token in (each.instructor, each.guest)}
    assert len(drawn) == 4


def test_two_servers_of_one_machine_keep_their_cookies_apart() -> None:
    """Browsers know a machine's name, and no port."""
    assert len({cookie_name(host) for host in ("127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1")}) == 3
    other = {"cookie": f"{cookie_name('127.0.0.1:8081')}={TOKEN}"}
    assert not let_in(asked(LOCAL, kind="websocket", host="127.0.0.1:8080", **other))
