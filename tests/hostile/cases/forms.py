"""Forms and queries."""

from flood import Flood
from soap import ENDPOINT
from suite import case, expect, expect_room
from target import ATTACKER, PASSWORD, QUIET, USER, look_up
from urllib.parse import urlencode
from wire import ask, get, packed

PAIRS = 1000
LENGTH = 64 << 10
BOMB = packed(b"&" * ((20 << 20) - 1))


def form(body, operation="Login"):
    head = f"POST {ENDPOINT}/{operation} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def login(more=""):
    return urlencode({"AccountNumber": ATTACKER, "UserName": USER, "Password": PASSWORD}) + more


@case()
def forms_of_ampersands(target):
    """Forms of 20 KB that inflate to 20 MiB of `&`, and plain ones of `&`, take next to no memory; others are served."""
    bomb = form("").replace(b"Content-Length: 0", b"Content-Encoding: gzip\r\nContent-Length: %d" % len(BOMB)) + BOMB
    floods = [Flood(target.port, [bomb] * 4), Flood(target.port, [form("&" * 20_000)] * 400)]
    floods[0].sent.wait()
    answer = target.ask(QUIET, "Retrieve", look_up(QUIET))
    statuses = [flood.statuses() for flood in floods]
    expect_room(target, 128)
    expect(answer.status == 200, f"the other's call: {answer}")
    for found in statuses:
        expect(200 not in found and 0 not in found, f"answered {found}")


@case()
def long_forms(target):
    """A form of more than 64 KiB or of more than 1,000 pairs is refused; at the bound it is read."""
    within = {"1,000 pairs": login("&x=1" * (PAIRS - 3)), "64 KiB": (login("&x=") + "x" * LENGTH)[:LENGTH]}
    beyond = {"1,001 pairs": login("&x=1" * (PAIRS - 2)), "64 KiB and a byte": (login("&x=") + "x" * LENGTH)[:LENGTH + 1]}
    for name, body in within.items():
        answer = ask(target.port, form(body))
        expect(answer.status == 200 and b'LoginSuccess="true"' in answer.body, f"{name}: {answer}")
    for name, body in beyond.items():
        answer = ask(target.port, form(body))
        expect(answer.status != 200 and b"LoginSuccess" not in answer.body, f"{name}: {answer}")


@case()
def large_forms(target):
    """Ten forms of 19 MiB hold no more than the budget: past 64 KiB nothing is kept."""
    statuses = Flood(target.port, [form("x=" + "&" * (19 << 20))] * 10).statuses()
    expect_room(target, 128)
    expect(200 not in statuses, f"answered {statuses}")


@case()
def long_queries(target):
    """A query of more than 1,000 pairs or more than 64 KiB is refused; at the bound it is read."""
    answer = ask(target.port, get(f"{ENDPOINT}?WSDL{'&x=1' * (PAIRS - 1)}"))
    expect(answer.status == 200 and b"definitions" in answer.body, f"1,000 pairs: {answer.status}")
    answer = ask(target.port, get(f"{ENDPOINT}?WSDL{'&x=1' * PAIRS}"))
    expect(answer.status != 200, f"1,001 pairs: {answer.status}")
    answer = ask(target.port, get(f"{ENDPOINT}?WSDL&x={'y' * LENGTH}"))
    expect(answer.status != 200, f"64 KiB: {answer.status}")


@case()
def query_floods(target):
    """500 queries of 60 KB made of `&` take next to no memory."""
    statuses = Flood(target.port, [get(f"{ENDPOINT}?{'&' * 60_000}")] * 500).statuses()
    expect_room(target, 128)
    expect(200 not in statuses, f"answered {statuses}")
