"""Many requests at once, each over a connection of its own, and the order in which they are answered."""

import contextlib
import resource
import selectors
import threading
import time

from wire import Answer, Client

LIMIT_SECONDS = 120


class Flood:
    """Sends all requests at once, from a thread. `order` lists the requests that are over, first to last, while the flood
    goes on; `answers` has the answer of each, None where the server closed the connection instead. `sources` are the
    addresses that they come from in turn."""

    def __init__(self, port, requests, *sources, reading=True):
        sources = sources or ["127.0.0.1"]
        self.clients = [Client(port, sources[number % len(sources)]) for number in range(len(requests))]
        self.pending = [memoryview(request) for request in requests]
        self.received = [b""] * len(requests)
        self.answers = {}
        self.order = []
        # How many were over when the last had been sent.
        self.over_when_sent = 0
        self.reading = reading
        self.sent = threading.Event()
        self.left = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def unfinished(self):
        return len(self.clients) - len(self.order)

    def finish(self):
        """Waits for the end of all of them."""
        self.thread.join(LIMIT_SECONDS)
        return [self.answers.get(number) for number in range(len(self.clients))]

    def statuses(self):
        """How many there are of each status, 0 for connections that were closed."""
        counts = {}
        for answer in self.finish():
            status = answer.status if answer else 0
            counts[status] = counts.get(status, 0) + 1
        return dict(sorted(counts.items()))

    def stop(self):
        """Leaves without waiting for answers: connections stay open until `close` or `reset`."""
        self.left = True
        self.thread.join()

    def reset(self):
        self.stop()
        for client in self.clients:
            client.reset()

    def close(self):
        self.stop()
        for client in self.clients:
            client.close()

    def _run(self):
        selector = selectors.DefaultSelector()
        unsent = len(self.clients)
        for number, client in enumerate(self.clients):
            client.socket.setblocking(False)
            events = selectors.EVENT_WRITE | (selectors.EVENT_READ if self.reading else 0)
            selector.register(client.socket, events, number)
        deadline = time.monotonic() + LIMIT_SECONDS
        while selector.get_map() and not self.left and time.monotonic() < deadline:
            for key, ready in selector.select(0.05):
                number = key.data
                if ready & selectors.EVENT_WRITE and self._send(number):
                    unsent -= 1
                    if self.reading:
                        selector.modify(key.fileobj, selectors.EVENT_READ, number)
                    else:
                        selector.unregister(key.fileobj)
                if ready & selectors.EVENT_READ and self._receive(number):
                    # An answer may come before the whole request was sent.
                    unsent -= bool(self.pending[number])
                    self.pending[number] = memoryview(b"")
                    selector.unregister(key.fileobj)
                if unsent == 0 and not self.sent.is_set():
                    self.over_when_sent = len(self.order)
                    self.sent.set()
        self.sent.set()
        selector.close()

    def _send(self, number):
        """Sends what the socket takes. True when all is sent."""
        with contextlib.suppress(BlockingIOError, OSError):
            sent = self.clients[number].socket.send(self.pending[number])
            self.pending[number] = self.pending[number][sent:]
        return not self.pending[number]

    def _receive(self, number):
        """Takes what is there. True when the answer is whole, or when the server closed the connection."""
        try:
            got = self.clients[number].socket.recv(1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            got = b""
        self.received[number] += got
        head, found, body = self.received[number].partition(b"\r\n\r\n")
        if found:
            answer = Answer(head, body)
            if len(body) >= int(answer.header("content-length") or 0):
                self.answers[number] = answer
                self.order.append(number)
                self.received[number] = b""
                return True
        if not got:
            self.order.append(number)
        return not got


def taken_up(port):
    """Waits until the server has read all that was sent to its connections."""
    wanted = f"{port:04X}"
    for _ in range(LIMIT_SECONDS * 50):
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        # Local address, state (01: established), bytes that wait to be read.
        # An end that was not read yet counts as one byte: a server need not read it before it has answered.
        waiting = [row for row in rows if row[1].endswith(f":{wanted}") and row[3] != "0A" and int(row[4].split(":")[1], 16) > 1]
        if not waiting:
            return
        time.sleep(0.02)


def room_for(connections):
    """Raises this process's limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < connections * 2 + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(connections * 2 + 200, hard), hard))
