"""HTTP/2: windows that stay shut, many streams, pings."""

import contextlib
import os
import time

from h2 import MAX_CONCURRENT_STREAMS, H2
from soap import ENDPOINT
from suite import MOST_MIB, case, expect, expect_room
from target import QUIET, look_up
from wire import Client, Closed, get

STREAMS = 16


@case()
def windows_that_stay_shut(target):
    """20 connections that ask for the WSDL under 60 Hosts each, take nothing and answer pings hold no more than the budget:
    streams are few, and the bytes of the WSDL are shared."""
    connections = [H2(target.port, window=0) for _ in range(20)]
    for number, h2 in enumerate(connections):
        for host in range(60):
            h2.request("GET", f"{ENDPOINT}?WSDL", f"host-{number}-{host}.example")
    for h2 in connections:
        h2.read(lambda h2: len(h2.statuses) + len(h2.reset) >= 60, 3)
        h2.ping()
    expect_room(target, 192)
    answer = target.ask(QUIET, "Retrieve", look_up(QUIET))
    expect(answer.status == 200, f"the other's call: {answer}")


def hold(target, begin):
    """500 connections that take nothing begin their streams: no more is held than the budget, and others are served."""
    connections = [H2(target.port, window=0, source=f"127.0.{3 + number % 40}.1") for number in range(500)]
    for h2 in connections:
        begin(h2)
    for h2 in connections:
        h2.read(lambda h2: len(h2.statuses) + len(h2.reset) >= STREAMS, 0.01)
    target.settle(lambda: target.peak() > MOST_MIB)
    expect_room(target)
    answer = target.ask(QUIET, "Retrieve", look_up(QUIET))
    expect(answer.status == 200, f"the other's call: {answer}")
    for h2 in connections:
        h2.close()


@case()
def heads_of_many_fields(target):
    """16 streams on each of 500 connections, with heads of 90 fields and bodies that never end, hold no more than the budget:
    a head for which there is no room is refused before anything waits. More than 100 fields are refused with 431."""
    fields = [("content-type", "text/xml; charset=utf-8"), ("soapaction", "x"), *((f"a{number}", "b") for number in range(86))]
    target.ask(QUIET, "Retrieve", look_up(QUIET))
    h2 = H2(target.port)
    status = h2.answer(h2.request("POST", ENDPOINT, headers=[*fields, *((f"c{number}", "d") for number in range(20))]))
    expect(status == 431, f"a head of more than 100 fields: {status}")
    hold(target, lambda h2: h2.begin(STREAMS, "POST", ENDPOINT, headers=fields))


@case()
def faults_that_quote(target):
    """16 streams on each of 500 connections that get a fault which repeats 7,000 bytes of theirs, escaped, and do not take it,
    hold no more than the budget, and others are served."""
    fields = [("content-type", "text/xml; charset=utf-8"), ("soapaction", "&" * 7000), ("content-length", "0")]
    target.ask(QUIET, "Retrieve", look_up(QUIET))
    def begin(h2):
        with contextlib.suppress(OSError):
            for _ in range(STREAMS):
                h2.request("POST", ENDPOINT, headers=fields)

    hold(target, begin)


@case()
def sixteen_streams(target):
    """A connection may have 16 streams at once; one more is refused, and the others are answered."""
    h2 = H2(target.port, window=0)
    h2.read(lambda h2: h2.settings, 10)
    streams = [h2.request("GET", f"{ENDPOINT}?WSDL") for _ in range(STREAMS * 2)]
    h2.read(lambda h2: len(h2.statuses) + len(h2.reset) >= STREAMS * 2, 5)
    most = h2.settings.get(MAX_CONCURRENT_STREAMS)
    expect(most == STREAMS, f"the server says {most} streams")
    expect(len(h2.statuses) <= STREAMS, f"{len(h2.statuses)} streams have an answer at once")
    h2.allow(0, 1 << 30)
    for stream in h2.statuses:
        h2.allow(stream, 1 << 30)
    answered = [stream for stream in streams if stream in h2.statuses]
    h2.read(lambda h2: h2.ended.issuperset(answered))
    expect(h2.ended.issuperset(answered), "an answer is not whole")


@case(unchanged=True)
def hosts_share_the_documents(target):
    """The WSDL and the pages under 3,000 names of Hosts take no memory of their own."""
    target.ask(QUIET, "Retrieve", look_up(QUIET))
    with target.connect() as client:
        client.ask(get(f"{ENDPOINT}?WSDL"))
        before = target.resident()
        for number in range(3000):
            client.ask(get(f"{ENDPOINT}?WSDL", f"{number}.example"))
    expect_room(target, before + 48)


@case(waits=True, header_timeout=3)
def pings_are_no_progress(target):
    """An HTTP/2 connection whose client takes nothing of its answer and answers pings is closed, or its streams are."""
    h2 = H2(target.port, window=0)
    streams = [h2.request("GET", f"{ENDPOINT}?WSDL") for _ in range(4)]
    for _ in range(60):
        if h2.read(lambda h2: h2.reset.issuperset(streams), 1):
            return
        h2.ping()
    expect(False, "it was kept for a minute")


@case(waits=True, header_timeout=3)
def drops_of_an_answer(target):
    """An answer that moves less than 4 KiB in 30 s is given up, whatever drops its client takes."""
    h2 = H2(target.port, window=0)
    stream = h2.request("GET", f"{ENDPOINT}?WSDL")
    for _ in range(60):
        if h2.read(lambda h2: stream in h2.reset, 1):
            return
        h2.allow(stream, 8)
    expect(False, f"it was kept for a minute, for {h2.received.get(stream, 0)} bytes")


@case(waits=True, header_timeout=3)
def drops_over_http_1(target):
    """The same over HTTP/1.1: a client that takes a few bytes a second of its answer loses its connection."""
    files = lambda: len(os.listdir(f"/proc/{target.pid}/fd"))
    before = files()
    # More than the system keeps for a client that takes little.
    client = Client(target.port, room=4096)
    for _ in range(60):
        client.send(get(f"{ENDPOINT}?WSDL"))
    for _ in range(60):
        client.socket.recv(8)
        time.sleep(1)
        # What the system holds for the client still arrives, so that the server's side has to tell.
        if files() <= before:
            return
    expect(False, "it was kept for a minute")


@case(waits=True, header_timeout=3, unchanged=True)
def steady_readers_stay(target):
    """A client that takes its answer slowly, but more than 4 KiB in 30 s, gets all of it."""
    h2 = H2(target.port, window=0)
    stream = h2.request("GET", f"{ENDPOINT}?WSDL")
    h2.allow(0, 1 << 30)
    for _ in range(12):
        h2.allow(stream, 20_000)
        h2.read(lambda h2: stream in h2.reset, 1)
        expect(not h2.gone and stream not in h2.reset, f"cut off after {h2.received.get(stream, 0)} bytes")
    h2.allow(stream, 1 << 30)
    expect(h2.answer(stream) == 200 and stream in h2.ended, "the answer is not whole")


@case(max_connections=8)
def pings_are_idle(target):
    """HTTP/2 connections without streams are idle, whatever they ping: 8 of them, where 8 is the most, shut nobody out."""
    connections = [H2(target.port) for _ in range(8)]
    for h2 in connections:
        h2.read(lambda h2: h2.settings, 10)
        h2.ping()
        h2.read(lambda h2: h2.pongs, 10)
    with target.connect("127.0.0.2") as newcomer:
        newcomer.socket.settimeout(10)
        newcomer.send(get(f"{ENDPOINT}?disco"))
        for h2 in connections:
            if not h2.gone:
                ping(h2)
        answer = newcomer.answer()
    expect(answer.status == 200, f"the newcomer: {answer}")
    closed = sum(h2.is_closed(0.2) for h2 in connections)
    expect(closed == 1, f"{closed} of 8 connections were closed, not one")


def ping(h2):
    try:
        h2.ping()
    except OSError:
        h2.gone = True
