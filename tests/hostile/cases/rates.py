"""Bodies that come too slowly."""

import time

from cases.bodies import MIB, padded
from suite import case, expect
from target import QUIET, look_up
from wire import Client, Closed, envelope, get, post


def kept(client, piece, seconds):
    """How many seconds the server took pieces, one a second, before it gave the request up."""
    for second in range(seconds):
        try:
            client.send(piece)
        except OSError:
            return second
        if client.is_closed(1) or answered(client):
            return second
    return seconds


def answered(client):
    client.socket.setblocking(False)
    try:
        return bool(client.socket.recv(1, 2))
    except OSError:
        return False
    finally:
        client.socket.setblocking(True)


@case(waits=True, request_timeout=600)
def bodies_have_a_minimum_rate(target):
    """A body of 2 MiB that comes by a byte a second is given up, however long a body may take."""
    client = Client(target.port).send(post("Retrieve", b"<", length=2 * MIB))
    seconds = kept(client, b" ", 50)
    expect(seconds < 50, "it was taken for 50 s")


@case(waits=True, unchanged=True)
def steady_bodies_are_read(target):
    """A body that comes slowly, but at 16 KiB a second, is read and answered."""
    whole = post("Retrieve", padded(envelope("Retrieve", look_up(QUIET), target.session(QUIET)), 192 << 10, None))
    client = Client(target.port)
    for at in range(0, len(whole), 16 << 10):
        client.send(whole[at:at + (16 << 10)])
        time.sleep(1)
    answer = client.answer()
    expect(answer.status == 200, f"answered {answer}")


@case(waits=True, request_memory=8 * MIB)
def waiting_for_room_ends(target):
    """A request for which the budget has no room waits at most 10 s: then it is told that the server is busy, unless it was
    answered."""
    holders = [Client(target.port).send(post("Retrieve", b"<" * MIB, length=2 * MIB)) for _ in range(20)]
    newcomer = Client(target.port, "127.0.0.2")
    whole = post("Retrieve", padded(envelope("Retrieve", look_up(QUIET), target.session(QUIET)), 3 * MIB, None))
    newcomer.socket.settimeout(25)
    try:
        answer = newcomer.ask(whole)
        found = answer.status
    except (Closed, OSError) as error:
        found = type(error).__name__
    expect(found in (200, 503), f"answered {found} within 25 s")
    if found == 503:
        expect(b"Server Too Busy" in answer.body and answer.header("retry-after"), f"answered {answer}")
    for client in holders:
        client.reset()


@case(waits=True, header_timeout=3, unchanged=True)
def slow_heads(target):
    """The head of a request has its time; a connection that sends it byte by byte is closed."""
    client = Client(target.port)
    expect(kept(client.send(get("/")[:10]), b"x", 30) < 30, "it was kept for half a minute")
