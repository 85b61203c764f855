"""Connections: who goes when there are too many."""

import time

from flood import room_for, taken_up
from program import Failed
from soap import ENDPOINT
from suite import case, expect
from target import QUIET, look_up
from wire import Client, Closed, get, post

DISCO = get(f"{ENDPOINT}?disco")
NEWCOMER_SECONDS = 10


def idle(target, count, source="127.0.0.1"):
    """Connections that were used once, in this order."""
    clients = []
    for _ in range(count):
        clients.append(Client(target.port, source))
        clients[-1].ask(DISCO)
    return clients


def gets_in(target, source):
    """The answer to a newcomer; nothing if it is not served within a while."""
    try:
        with Client(target.port, source, NEWCOMER_SECONDS) as newcomer:
            return newcomer.ask(DISCO).status
    except Closed:
        return "closed"
    except (Failed, OSError):
        return f"not served within {NEWCOMER_SECONDS} s"


def closed(clients):
    return [number for number, client in enumerate(clients) if client.is_closed(0.05 if number == 0 else 0)]


@case()
def idle_connections_make_room(target):
    """1,024 idle connections of one address keep nobody out: neither others nor that address itself."""
    room_for(1100)
    clients = idle(target, 1024)
    found = gets_in(target, "127.0.0.2")
    expect(found == 200, f"the newcomer of another address: {found}")
    found = gets_in(target, "127.0.0.1")
    expect(found == 200, f"the newcomer of the same address: {found}")
    gone = len(closed(clients))
    expect(gone <= 2, f"{gone} connections were closed for two newcomers")


@case()
def silent_connections_make_room(target):
    """1,024 connections on which nothing was ever sent keep nobody out."""
    room_for(1100)
    clients = [Client(target.port) for _ in range(1024)]
    found = gets_in(target, "127.0.0.2")
    expect(found == 200, f"the newcomer: {found}")
    gone = len(closed(clients))
    expect(gone <= 2, f"{gone} connections were closed for a newcomer")


@case(max_connections=16)
def the_longest_idle_goes(target):
    """When there are too many, the address with the most connections loses the one that was idle longest."""
    few = idle(target, 4, "127.0.0.3")
    many = idle(target, 12)
    # The first of them is used again, so that the second is idle longest.
    many[0].ask(DISCO)
    with target.connect("127.0.0.2") as newcomer:
        newcomer.socket.settimeout(NEWCOMER_SECONDS)
        expect(newcomer.ask(DISCO).status == 200, "the newcomer is not served")
        expect(closed(few) == [], f"the address with few lost {closed(few)}")
        expect(closed(many) == [1], f"the address with most lost {closed(many)}, not [1]")


@case(max_connections=8)
def busy_connections_stay(target):
    """When no connection is idle the new one is closed, and those that are served are served on."""
    whole = target.call(QUIET, "Retrieve", look_up(QUIET))
    clients = [Client(target.port).send(whole[:-1]) for _ in range(8)]
    # Until the server has seen that they ask for something.
    time.sleep(0.3)
    newcomer = Client(target.port, "127.0.0.2", NEWCOMER_SECONDS)
    try:
        newcomer.ask(DISCO)
        found = "answered"
    except Closed:
        found = "closed"
    except (Failed, OSError):
        found = f"kept waiting for {NEWCOMER_SECONDS} s"
    expect(found == "closed", f"the newcomer was {found}")
    for number, client in enumerate(clients):
        answer = client.send(whole[-1:]).answer()
        expect(answer.status == 200, f"connection {number}: {answer}")


@case(max_connections=8, trust_forwarded="true")
def connections_of_a_proxy_stay(target):
    """Connections of a trusted proxy are never closed for others."""
    forwarded = DISCO.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
    clients = [Client(target.port) for _ in range(8)]
    for client in clients:
        client.ask(forwarded)
    newcomer = Client(target.port, seconds=NEWCOMER_SECONDS)
    try:
        newcomer.ask(forwarded)
        found = "answered"
    except Closed:
        found = "closed"
    except (Failed, OSError):
        found = f"kept waiting for {NEWCOMER_SECONDS} s"
    expect(found == "closed", f"the newcomer was {found}")
    for number, client in enumerate(clients):
        expect(client.ask(forwarded).status == 200, f"connection {number} of the proxy is not served any more")


@case(waits=True, max_connections=64, request_timeout=600, header_timeout=5)
def bodies_that_stop_are_no_idleness(target):
    """64 connections with half a request each, where 64 is the most, give way once their bodies are too slow: a newcomer
    that comes again and again is served within a minute, though a request may take ten."""
    clients = [Client(target.port).send(post("Retrieve", b"<" * 10, length=1000)) for _ in range(64)]
    taken_up(target.port)
    end = time.monotonic() + 60
    while gets_in(target, "127.0.0.2") != 200:
        expect(time.monotonic() < end, f"kept out for a minute by {len(clients)} requests that were not sent whole")
        time.sleep(1)

