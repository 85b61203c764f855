"""The attacks of --long, each from a process of its own.

usage: attacks.py NAME PORT SESSION SECONDS CONNECTIONS CORE

Keeps so many connections busy for that time, and prints how many requests were over by then.
"""

import itertools
import os
import pathlib
import selectors
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
sys.dont_write_bytecode = True
from flood import room_for  # noqa: E402
from h2 import H2  # noqa: E402
from soap import ENDPOINT  # noqa: E402
from target import ATTACKER, PASSWORD, USER, broad_search, creation, identifier  # noqa: E402
from wire import Client, call, envelope, get, packed, post  # noqa: E402

MIB = 1 << 20
# A connection that was refused is not tried again at once.
PAUSE_SECONDS = 0.05


def bomb(session):
    return compressed("Login", b"<Login><Password>" + b" " * (20 * MIB - 1000) + b"</Password></Login>")


def dense_gzip(session):
    from cases.bodies import padded

    return compressed("Retrieve", padded(envelope("Retrieve", "", session), 20 * MIB - 1, 80), 6)


def empty_records(session):
    return compressed("UpdateContact", envelope("UpdateContact", f"<Contacts>{'<Contact/>' * 12_000}</Contacts>", session))


def no_utf8(session):
    return compressed("Retrieve", envelope("Retrieve", "", session)[:-40] + b"\xff" * (MIB - 2000))


def compressed(operation, body, level=9):
    return post(operation, packed(body, level), encoding="gzip")


def login(session, password=PASSWORD):
    members = f"<AccountNumber>{ATTACKER}</AccountNumber><UserName>{USER}</UserName><Password>{password}</Password>"
    return call("Login", members)


def updates(session):
    records = "".join(f'<Contact Id="{identifier("contact", number)}" Title="{os.urandom(8).hex()}"/>' for number in range(200))
    return call("UpdateContact", f"<Contacts>{records}</Contacts>", session)


def ampersands(session):
    head = f"POST {ENDPOINT}/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: 20000\r\n\r\n{'&' * 20_000}".encode()


# Requests that are sent again and again.
REQUESTS = {
    "searches": lambda session: call("Search", broad_search(), session),
    "updates": updates,
    "creations": lambda session: call("CreateContact", creation(os.urandom(8).hex()), session),
    "logins": login,
    "gzip bombs": bomb,
    "gzip below the ratio": dense_gzip,
    "empty records": empty_records,
    "no UTF-8": no_utf8,
    "forms of &": ampersands,
    "long passwords": lambda session: login(session, "p" * (15 * MIB)),
    "plain bodies": lambda session: post("Retrieve", b" " * (19 * MIB)),
}
# Requests whose clients go away as soon as they are sent.
ABANDONED = {"abandoned searches": "searches", "abandoned creations": "creations"}
# Requests that stay unfinished.
SILENT = {
    "silent bodies": post("Retrieve", b"<", length=2 * MIB),
    "silent heads": b"GET / HTTP/1.1\r\n",
    "answers nobody takes": get(f"{ENDPOINT}?WSDL") * 20,
}
HTTP2 = ["shut windows", "pings"]
NAMES = [*REQUESTS, *ABANDONED, *SILENT, *HTTP2]


class Sender:
    """A connection that sends a request, waits for the answer and begins again; or leaves as soon as all is sent."""

    def __init__(self, port, request, leaves):
        self.port, self.request, self.leaves = port, request, leaves
        self.over = 0
        self.client = None

    def begin(self, selector):
        try:
            self.client = Client(self.port)
        except OSError:
            self.client = None
            return
        self.client.socket.setblocking(False)
        self.left = memoryview(self.request)
        selector.register(self.client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def go_on(self, selector, ready):
        """One step; ends the connection when this turn is over."""
        try:
            if ready & selectors.EVENT_WRITE and self.left:
                self.left = self.left[self.client.socket.send(self.left):]
                if not self.left and self.leaves:
                    return self.end(selector)
                if not self.left:
                    selector.modify(self.client.socket, selectors.EVENT_READ, self)
            # The first bytes of an answer are as good as all of it: the rest is what the server has to get rid of.
            if ready & selectors.EVENT_READ:
                self.client.socket.recv(1 << 16)
                self.end(selector)
        except BlockingIOError:
            pass
        except OSError:
            self.end(selector)

    def end(self, selector):
        selector.unregister(self.client.socket)
        self.client.reset()
        self.client = None
        self.over += 1


def send_on(port, request, connections, deadline, leaves):
    senders = [Sender(port, request, leaves) for _ in range(connections)]
    selector = selectors.DefaultSelector()
    while time.monotonic() < deadline:
        for sender in senders:
            if sender.client is None and time.monotonic() < deadline:
                sender.begin(selector)
        for key, ready in selector.select(PAUSE_SECONDS):
            key.data.go_on(selector, ready)
    return sum(sender.over for sender in senders)


def keep_silent(port, request, connections, deadline):
    """Connections that are opened again when the server closes them."""
    clients, opened = [], 0
    while time.monotonic() < deadline:
        clients = [client for client in clients if not client.is_closed()]
        for _ in range(connections - len(clients)):
            try:
                clients.append(Client(port, room=4096).send(request))
                opened += 1
            except OSError:
                break
        time.sleep(PAUSE_SECONDS)
    return opened


def over_http_2(port, name, connections, deadline):
    opened, held = 0, []
    while time.monotonic() < deadline:
        held = [h2 for h2 in held if not h2.gone]
        for _ in range(connections - len(held)):
            try:
                h2 = H2(port, window=0)
                for number in range(60 if name == "shut windows" else 0):
                    h2.request("GET", f"{ENDPOINT}?WSDL", f"{opened}-{number}.example")
                held.append(h2)
                opened += 1
            except OSError:
                break
        for h2 in held:
            try:
                h2.ping()
                h2.read(lambda h2: False, 0.001)
            except OSError:
                h2.gone = True
        time.sleep(PAUSE_SECONDS)
    return opened


def attack(name, port, session, seconds, connections):
    """Says `ready` when all is prepared and the attack begins."""
    request = SILENT.get(name)
    if name not in SILENT and name not in HTTP2:
        request = REQUESTS[ABANDONED.get(name, name)](session)
    print("ready", flush=True)
    deadline = time.monotonic() + seconds
    if name in SILENT:
        return keep_silent(port, request, connections, deadline)
    if name in HTTP2:
        return over_http_2(port, name, connections, deadline)
    return send_on(port, request, connections, deadline, name in ABANDONED)


def main():
    name, port, session, seconds, connections, core = sys.argv[1:]
    os.nice(19)
    os.sched_setaffinity(0, {int(core)})
    room_for(int(connections))
    print(attack(name, int(port), session, float(seconds), int(connections)))


if __name__ == "__main__":
    main()
