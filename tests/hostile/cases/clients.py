"""Clients that go away while their calls wait, and those that only say that they have sent all."""

import contextlib
import time

from flood import Flood, taken_up
from h2 import H2
from soap import ENDPOINT, MESSAGES
from suite import case, expect
from target import ATTACKER, creation
from wire import Client, envelope

CALLS = 300
# Time for the server to notice that clients are gone; the writers' lock is given up after 5 s.
NOTICE_SECONDS = 1.5


def drained(target, mark):
    """How many contacts there are once the server has nothing more to do."""
    target.settle()
    return target.contacts(mark)


@case(unchanged=True)
def resets_give_up_their_turn(target):
    """Of 300 creations that wait when their clients go away with a RST, most never run."""
    calls = [target.call(ATTACKER, "CreateContact", creation(f"reset{number}-")) for number in range(CALLS)]
    lock = target.hold_writes()
    flood = Flood(target.port, calls)
    flood.sent.wait()
    taken_up(target.port)
    flood.reset()
    time.sleep(NOTICE_SECONDS)
    lock.close()
    done = drained(target, "reset")
    expect(0 <= done <= CALLS // 4, f"{done} of {CALLS} were carried out")


@case(unchanged=True)
def closed_streams_give_up_their_turn(target):
    """The same of creations whose HTTP/2 streams are closed."""
    session = target.session(ATTACKER)
    connections = [H2(target.port) for _ in range(20)]
    lock = target.hold_writes()
    streams = []
    for number, h2 in enumerate(connections):
        for turn in range(15):
            headers = [("content-type", "text/xml; charset=utf-8"), ("soapaction", f'"{MESSAGES}/CreateContact"')]
            body = envelope("CreateContact", creation(f"stream{number}-{turn}-"), session)
            streams.append((h2, h2.request("POST", ENDPOINT, headers=headers, body=body)))
    taken_up(target.port)
    for h2, stream in streams:
        h2.cancel(stream)
    time.sleep(NOTICE_SECONDS)
    lock.close()
    done = drained(target, "stream")
    expect(0 <= done <= len(streams) // 4, f"{done} of {len(streams)} were carried out")


@case()
def half_closes_are_answered(target):
    """A FIN says only that nothing more will be sent: 20 creations after which it came are carried out and answered."""
    calls = [target.call(ATTACKER, "CreateContact", creation(f"fin{number}-")) for number in range(20)]
    clients = [Client(target.port) for _ in calls]
    for client, call in zip(clients, calls):
        client.send(call)
        client.half_close()
    answered = 0
    for client in clients:
        with contextlib.suppress(Exception):
            answered += client.answer().status == 200
    done = drained(target, "fin")
    expect((answered, done) == (20, 20), f"{answered} were answered and {done} carried out, of 20")


@case()
def half_closes_that_wait_are_answered(target):
    """The same where the calls have to wait for their turn."""
    calls = [target.call(ATTACKER, "CreateContact", creation(f"fin{number}-")) for number in range(20)]
    lock = target.hold_writes()
    clients = [Client(target.port).send(call) for call in calls]
    for client in clients:
        client.half_close()
    taken_up(target.port)
    time.sleep(0.5)
    lock.close()
    answered = 0
    for client in clients:
        with contextlib.suppress(Exception):
            answered += client.answer().status == 200
    done = drained(target, "fin")
    expect((answered, done) == (20, 20), f"{answered} were answered and {done} carried out, of 20")


@case(unchanged=True)
def what_has_begun_is_finished(target):
    """A call that runs when its client goes away runs to its end: of 200 contacts in one call all are there, or none."""
    for turn in range(10):
        client = Client(target.port)
        client.send(target.call(ATTACKER, "CreateContact", creation(f"begun{turn}-", 200)))
        time.sleep(0.002 * turn)
        client.reset()
    target.settle()
    counts = [target.contacts(f"begun{turn}-") for turn in range(10)]
    expect(set(counts) <= {0, 200}, f"contacts a call: {counts}")
