"""Bodies: compressed, large, many at once."""

import random
import time

from cases.records import busy_readers
from flood import Flood
from soap import ENDPOINT, ENVELOPE, MESSAGES, search
from suite import MOST_MIB, case, expect, expect_room
from target import ATTACKER, PASSWORD, QUIET, USER, creation, look_up
from wire import Client, Closed, ask, call, envelope, packed, post

MIB = 1 << 20
BUSY = "Server Too Busy"
# The gzip ratio beyond which a body of more than 1 MiB is refused.
RATIO = 100


def padded(body, size, ratio):
    """A call's envelope of that size, with white space that packs to about `size / ratio`."""
    end = b"</s:Envelope>"
    envelope, _, _ = body.rpartition(end)
    room = size - len(body)
    # A byte of random letters packs to some 0.6 bytes, blanks to next to nothing.
    dense = 0 if ratio is None else int(size / ratio / 0.8)
    letters = random.Random(size).choices(b"abcdefghijklmnopqrstuvwxyz0123456789", k=dense)
    padding = b"<!--" + bytes(letters) + b"-->"
    blanks = max(0, room - len(padding))
    # A text may have 16 MiB: the comment stands in the middle.
    return envelope + b" " * (blanks // 2) + padding + b" " * (blanks - blanks // 2) + end


def lookup(target):
    return envelope("Retrieve", look_up(QUIET), target.session(QUIET))


@case(lockout_failures=1_000_000)
def gzip_bombs(target):
    """200 requests of 20 KB that inflate to 20 MiB each are refused as damaged gzip is, and are never in memory as a whole."""
    members = f"<AccountNumber>{ATTACKER}</AccountNumber><UserName>{USER}</UserName><Password>{' ' * (20 * MIB - 1000)}</Password>"
    body = packed(envelope("Login", members))
    expect(len(body) < 25_000, f"the bomb has {len(body)} bytes")
    flood = Flood(target.port, [post("Login", body, encoding="gzip")] * 200)
    statuses = flood.statuses()
    expect_room(target)
    expect(statuses == {400: 200}, f"answered {statuses}")
    bodies = {answer.body for answer in flood.finish()}
    expect(bodies == {b""}, "an answer has a body")


@case()
def gzip_under_the_ratio(target):
    """60 requests of 20 MiB each, compressed by less than 100, are answered or told that the server is busy; others are
    served meanwhile, and memory stays within the budget."""
    body = packed(padded(lookup(target), 20 * MIB - 1, RATIO * 0.8), 6)
    expect(len(body) * RATIO > 20 * MIB, f"the body has {len(body)} bytes only")
    other = target.call(QUIET, "Retrieve", look_up(QUIET))
    crowd = busy_readers(target)
    flood = Flood(target.port, [post("Retrieve", body, encoding="gzip")] * 60)
    flood.sent.wait()
    answer = ask(target.port, other, "127.0.0.2")
    unfinished = flood.unfinished()
    statuses = flood.statuses()
    crowd.reset()
    expect_room(target)
    expect(answer.status == 200, f"the other's call: {answer}")
    expect(unfinished >= 20, f"the other was answered when {unfinished} of 60 were not")
    expect(set(statuses) <= {200, 503} and statuses.get(200, 0) >= 1, f"answered {statuses}")


@case()
def gzip_ratio(target):
    """A ratio over 100 past 1 MiB is refused with 400 and no body; below either bound a body is read."""
    bodies = {
        "1.5 MiB by 1,000": (packed(padded(lookup(target), 3 * MIB // 2, None)), 400),
        "900 KiB by 1,000": (packed(padded(lookup(target), 900 << 10, None)), 200),
        "4 MiB by 40": (packed(padded(lookup(target), 4 * MIB, RATIO * 0.4)), 200),
        "damaged": (packed(lookup(target))[:-6], 400),
    }
    for name, (body, status) in bodies.items():
        answer = ask(target.port, post("Retrieve", body, encoding="gzip"))
        expect(answer.status == status, f"{name}: {answer}")
        expect(status == 200 or answer.body == b"", f"{name}: the answer has a body")


@case()
def several_gzip_members(target):
    """Members of a gzip body count together: 40 that inflate to 900 KiB each are refused as one of 36 MiB is."""
    member = packed(b" " * (900 << 10))
    flood = Flood(target.port, [post("Retrieve", packed(lookup(target)) + member * 40, encoding="gzip")] * 50)
    statuses = flood.statuses()
    expect_room(target)
    expect(statuses == {400: 50}, f"answered {statuses}")


@case()
def plain_bodies(target):
    """60 plain bodies of 19 MiB at once stay within the budget; each is answered or told that the server is busy."""
    body = padded(lookup(target), 19 * MIB, None)
    flood = Flood(target.port, [post("Retrieve", body)] * 60)
    statuses = flood.statuses()
    expect_room(target)
    expect(set(statuses) <= {200, 503} and statuses.get(200, 0) >= 1, f"answered {statuses}")


@case(request_memory=16 * MIB)
def holders_do_not_wait_for_each_other(target):
    """40 bodies of 3 MiB that come piece by piece, side by side, are more than the budget: the oldest always gets on, so that
    each is answered or told that the server is busy."""
    body = padded(lookup(target), 3 * MIB, None)
    whole = post("Retrieve", body)
    clients = [Client(target.port) for _ in range(40)]
    for at in range(0, len(whole), 256 << 10):
        for client in clients:
            client.socket.setblocking(False)
            send_some(client, whole[at:at + (256 << 10)])
    answers = {}
    for number, client in enumerate(clients):
        client.socket.settimeout(60)
        try:
            client.send(client.left)
            answers[number] = client.answer().status
        except (Closed, OSError):
            answers[number] = 0
        client.close()
    good = sum(status == 200 for status in answers.values())
    expect(set(answers.values()) <= {200, 503, 0} and good >= 1, f"answered {sorted(answers.values())}")
    expect_room(target)


def send_some(client, piece):
    """Sends what the socket takes and keeps the rest."""
    client.left = getattr(client, "left", b"") + piece
    try:
        client.left = client.left[client.socket.send(client.left):]
    except BlockingIOError:
        pass
    except OSError:
        client.left = b""


@case(request_memory=8 * MIB)
def too_large_alone(target):
    """A body that the whole budget has no room for gets the fault for an over-long request."""
    answer = ask(target.port, post("Retrieve", padded(lookup(target), 12 * MIB, None)))
    expect(answer.status == 500 and b"Maximum request length exceeded." in answer.body, f"answered {answer}")
    packed_body = packed(padded(lookup(target), 12 * MIB, RATIO * 0.5))
    answer = ask(target.port, post("Retrieve", packed_body, encoding="gzip"))
    expect(answer.status == 500 and b"Maximum request length exceeded." in answer.body, f"compressed: {answer}")
    expect(target.ask(QUIET, "Retrieve", look_up(QUIET)).status == 200, "the next call is not answered")


@case()
def silent_bodies(target):
    """Bodies of 2 MiB that are declared and do not come take no room: a call of 2 MiB is answered meanwhile."""
    silent = [Client(target.port).send(post("Retrieve", b"<", length=2 * MIB)) for _ in range(64)]
    flood = Flood(target.port, [post("Retrieve", padded(lookup(target), 2 * MIB, None))])
    flood.thread.join(20)
    answered = len(flood.order)
    for client in silent:
        client.reset()
    expect(answered, "a call of 2 MiB was not answered while 64 bodies did not come")
    expect(flood.finish()[0].status == 200, f"answered {flood.finish()[0]}")


@case(unchanged=True)
def declared_bodies(target):
    """1,000 bodies that declare 20 MiB and send a byte hold next to nothing."""
    before = target.resident()
    silent = [Client(target.port).send(post("Retrieve", b"<", length=20 * MIB)) for _ in range(1000)]
    time.sleep(1)
    expect_room(target, before + 64)
    for client in silent:
        client.reset()


@case(lockout_failures=1_000_000)
def long_passwords(target):
    """Members of Login over 4 KiB are wrong credentials before anything waits: the answer is there before those of the logins
    that were sent first, and 20 passwords of 15 MiB take no more than the budget."""
    def login(password):
        members = f"<AccountNumber>{ATTACKER}</AccountNumber><UserName>{USER}</UserName><Password>{password}</Password>"
        return call("Login", members)

    wrong = ask(target.port, login("wrong")).body
    flood = Flood(target.port, [login(PASSWORD)] * 60)
    flood.sent.wait()
    answer = ask(target.port, login("p" * 4097), "127.0.0.2")
    unfinished = flood.unfinished()
    flood.finish()
    expect(answer.body == wrong, f"4,097 bytes: {answer}")
    expect(unfinished >= 20, f"4,097 bytes: answered when {unfinished} of 60 logins were not")
    flood = Flood(target.port, [login("p" * (15 * MIB))] * 20)
    statuses = flood.statuses()
    expect(set(statuses) <= {200, 503} and 200 in statuses, f"15 MiB: {statuses}")
    expect({answer.body for answer in flood.finish() if answer.status == 200} == {wrong}, "15 MiB: another answer")
    expect_room(target)


@case()
def answers_nobody_takes(target):
    """Answers that wait for their clients count: 250 answers of more than 1 MB that nobody reads stay within the budget, and
    others are served."""
    found = target.call(ATTACKER, "Search", search("EmailAddress", "Starts with", "flood"))
    answer = ask(target.port, found)
    expect(len(answer.body) > MIB, f"the answer has {len(answer.body)} bytes: {answer}")
    clients = [Client(target.port, room=4096).send(found) for _ in range(250)]
    quiet = target.ask(QUIET, "Retrieve", look_up(QUIET))
    target.settle(lambda: target.peak() > MOST_MIB)
    expect_room(target)
    expect(quiet.status == 200, f"the other's call: {quiet}")
    for client in clients:
        client.reset()


def decode_cost(target, body):
    """Seconds of the server's processor for that body, on average of ten."""
    before = target.processor_seconds()
    for _ in range(10):
        ask(target.port, post("Retrieve", body, encoding="gzip"))
    return (target.processor_seconds() - before) / 10


@case()
def bytes_that_are_no_utf8(target):
    """Text that is no UTF-8 costs no more than text that is: a byte sent costs less than 2 s of processor time a MiB, packed
    by less than 100."""
    head = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><Retrieve xmlns="{MESSAGES}">'.encode()
    seconds = {}
    for name, byte in {"plain": b"a", "invalid": b"\xff", "cut off": b"\xe2\x82", "lone": b"\x80"}.items():
        dense = random.Random(1).randbytes(12_000).hex().encode()
        body = packed(head + byte * ((MIB - 40_000) // len(byte)) + dense + b"</Retrieve></s:Body></s:Envelope>")
        seconds[name] = decode_cost(target, body) / (len(body) / MIB)
    worst = max(seconds, key=seconds.get)
    expect(seconds[worst] < 2, "processor seconds a MiB sent: " + ", ".join(f"{n} {s:.2f}" for n, s in seconds.items()))


@case(waits=True)
def memory_comes_back(target):
    """10 s after the last attack the process holds at most 64 MiB more than before."""
    for _ in range(20):
        target.ask(QUIET, "Retrieve", look_up(QUIET))
        target.ask(ATTACKER, "CreateContact", creation("warm", 1))
    before = target.resident()
    dense = packed(padded(lookup(target), 20 * MIB - 1, RATIO * 0.8), 6)
    empty = envelope("UpdateContact", f"<Contacts>{'<Contact/>' * 12_000}</Contacts>", target.session(ATTACKER))
    forms = packed(b"&" * (20 * MIB - 1))
    head = f"POST {ENDPOINT}/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    for requests in [
        [post("Retrieve", dense, encoding="gzip")] * 30,
        [post("UpdateContact", packed(empty), encoding="gzip")] * 300,
        [f"{head}Content-Encoding: gzip\r\nContent-Length: {len(forms)}\r\n\r\n".encode() + forms] * 2,
    ]:
        crowd = busy_readers(target)
        Flood(target.port, requests).finish()
        crowd.reset()
    time.sleep(10)
    more = target.resident() - before
    expect(more <= 64, f"{more:.0f} MiB more than before")
