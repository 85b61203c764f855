"""HTTP/2 by hand, as far as attackers need it: frames out, frames in, and the status of an answer."""

import socket
import struct
import time

from program import Failed
from wire import ANSWER_SECONDS, Closed

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = ACK = 1
END_HEADERS = 4
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4
CANCEL = 8
# Entries of HPACK's static table that hold a status.
STATUSES = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}
# The codes of digits, the shorter ones first: 0 to 2 take five bits, the others six.
SHORT, LONG = "012", "3456789"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    """A header that nobody keeps in a table, without compression."""
    def text(value):
        value = value.encode()
        if len(value) < 127:
            return bytes([len(value)]) + value
        rest, size = len(value) - 127, b"\x7f"
        while rest >= 128:
            size += bytes([rest % 128 + 128])
            rest //= 128
        return size + bytes([rest]) + value

    return b"\x00" + text(name) + text(value)


def head(method, path, host, headers):
    """A request's head, as a block of headers."""
    fields = [(":method", method), (":scheme", "http"), (":authority", host), (":path", path), *headers]
    return b"".join(literal(name, value) for name, value in fields)


def status_of(block):
    """The status, which is the first header of an answer."""
    # Without a table of its own, an encoder may say so first.
    while block and block[0] & 0xE0 == 0x20:
        block = block[1:]
    if block[0] & 0x80:
        return STATUSES[block[0] & 0x7F]
    size = block[1] & 0x7F
    value = block[2:2 + size]
    if not block[1] & 0x80:
        return int(value)
    bits = "".join(f"{byte:08b}" for byte in value)
    digits = ""
    while len(digits) < 3:
        short = int(bits[:5], 2)
        if short < 3:
            digits, bits = digits + SHORT[short], bits[5:]
        else:
            digits, bits = digits + LONG[int(bits[:6], 2) - 0b011001], bits[6:]
    return int(digits)


class H2:
    """A connection. `statuses` has the status of each stream that was answered, `ended` the streams that are whole, `reset`
    those that the server gave up, `received` how many bytes of each came."""

    def __init__(self, port, window=65_535, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings = struct.pack(">HIHI", HEADER_TABLE_SIZE, 0, INITIAL_WINDOW_SIZE, window)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))
        self.next = 1
        self.buffer = b""
        self.settings = {}
        self.statuses, self.ended, self.reset, self.received = {}, set(), set(), {}
        self.gone = False
        self.pongs = 0

    def request(self, method, path, host="localhost", headers=(), body=None):
        """Begins a stream and gives its number."""
        number, self.next = self.next, self.next + 2
        block = head(method, path, host, headers)
        data = frame(HEADERS, END_HEADERS | (END_STREAM if body is None else 0), number, block)
        if body is not None:
            pieces = [body[at:at + 16_384] for at in range(0, len(body), 16_384)]
            for at, piece in enumerate(pieces):
                data += frame(DATA, END_STREAM if at == len(pieces) - 1 else 0, number, piece)
        self.socket.sendall(data)
        return number

    def begin(self, count, method, path, headers):
        """Begins so many streams at once whose bodies have begun and do not end."""
        block = head(method, path, "localhost", headers)
        data = b""
        for number in range(self.next, self.next + 2 * count, 2):
            data += frame(HEADERS, END_HEADERS, number, block) + frame(DATA, 0, number, b"<")
        self.next += 2 * count
        self.socket.sendall(data)

    def cancel(self, stream):
        self.socket.sendall(frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))

    def ping(self):
        self.socket.sendall(frame(PING, 0, 0, b"hostile!"))

    def allow(self, stream, size):
        """Lets the server send that many more bytes of a stream."""
        self.socket.sendall(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size)))

    def read(self, until, seconds=ANSWER_SECONDS):
        """Takes frames until that holds or the server closes the connection; pings are answered. False after that time."""
        deadline = time.monotonic() + seconds
        while not self.gone and not until(self):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.socket.settimeout(left)
            try:
                self._frame()
            except TimeoutError:
                return False
            except (OSError, Closed):
                self.gone = True
        return True

    def answer(self, stream):
        """The status of that stream once it has ended."""
        if not self.read(lambda h2: stream in h2.ended | h2.reset):
            raise Failed("an answer over HTTP/2 did not come")
        return self.statuses.get(stream)

    def _frame(self):
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            got = self.socket.recv(1 << 16)
            if not got:
                raise Closed("end of the stream")
            self.buffer += got
        size, kind, flags = int.from_bytes(self.buffer[:3], "big"), self.buffer[3], self.buffer[4]
        stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFF_FFFF
        payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
        if kind == SETTINGS and not flags & ACK:
            for at in range(0, size, 6):
                name, value = struct.unpack(">HI", payload[at:at + 6])
                self.settings[name] = value
            self.socket.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING:
            self.pongs += bool(flags & ACK)
            if not flags & ACK:
                self.socket.sendall(frame(PING, ACK, 0, payload))
        elif kind == HEADERS:
            self.statuses[stream] = status_of(payload)
        elif kind == DATA:
            self.received[stream] = self.received.get(stream, 0) + size
        elif kind == RST_STREAM:
            self.reset.add(stream)
        elif kind == GOAWAY:
            self.gone = True
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.ended.add(stream)

    def is_closed(self, seconds):
        self.read(lambda h2: False, seconds)
        return self.gone

    def close(self):
        self.socket.close()
