"""HTTP/1.1 by hand: whole requests as bytes, answers, and ways of going away that a library would not take."""

import gzip
import socket
import struct
from xml.sax.saxutils import escape

from program import Failed
from soap import ENDPOINT, ENVELOPE, MESSAGES

ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"
# Far longer than any answer takes: what comes to this has hung.
ANSWER_SECONDS = 60


class Closed(Exception):
    """The server closed the connection before a whole answer was there."""


class Answer:
    """Status, headers by their names in lower case, and body."""

    def __init__(self, head, body=b""):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.lower(), []).append(value.strip())
        self.body = body

    def header(self, name):
        return ", ".join(self.headers.get(name, []))

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


def envelope(operation, body, session=None, version=11):
    """A call's envelope."""
    space = ENVELOPE if version == 11 else ENVELOPE_12
    value = f"<CventSessionValue>{escape(session)}</CventSessionValue>" if session else ""
    header = f'<s:Header><CventSessionHeader xmlns="{MESSAGES}">{value}</CventSessionHeader></s:Header>' if session else ""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{space}">{header}'
        f'<s:Body><{operation} xmlns="{MESSAGES}">{body}</{operation}></s:Body></s:Envelope>'
    )
    return text.encode()


def packed(body, level=9):
    return gzip.compress(body, level, mtime=0)


def post(operation, body, version=11, host="localhost", encoding=None, length=None, path=ENDPOINT):
    """A request with that body. `length` declares another length than the body's."""
    action = f"{MESSAGES}/{operation}"
    kind = 'text/xml; charset=utf-8' if version == 11 else f'application/soap+xml; charset=utf-8; action="{action}"'
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Type: {kind}"]
    lines += [f'SOAPAction: "{action}"'] * (version == 11)
    lines += [f"Content-Encoding: {encoding}"] * (encoding is not None)
    lines += [f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def call(operation, body, session=None, version=11, **options):
    """A call as a request."""
    return post(operation, envelope(operation, body, session, version), version, **options)


def get(target, host="localhost"):
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


class Client:
    """One connection, from an address of this machine."""

    def __init__(self, port, source="127.0.0.1", seconds=ANSWER_SECONDS, room=None):
        """`room`: so many bytes may wait on this side for somebody to read them."""
        self.socket = socket.socket()
        self.socket.settimeout(seconds)
        if room is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def answer(self, bodiless=False):
        """The next answer. Raises Closed where none comes any more."""
        while b"\r\n\r\n" not in self.bytes:
            self._more()
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        answer = Answer(head)
        length = int(answer.header("content-length") or 0)
        while not bodiless and len(self.bytes) < length:
            self._more()
        answer.body, self.bytes = self.bytes[:length], self.bytes[length:]
        return answer

    def ask(self, data):
        return self.send(data).answer()

    def _more(self):
        try:
            got = self.socket.recv(1 << 16)
        except TimeoutError:
            raise Failed("an answer did not come") from None
        except OSError as error:
            raise Closed(type(error).__name__) from None
        if not got:
            raise Closed("end of the stream")
        self.bytes += got

    def is_closed(self, seconds=0.0):
        """Whether the server has closed the connection, within that time at most."""
        self.socket.settimeout(seconds or 0.001)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) == b""
        except (TimeoutError, BlockingIOError):
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(ANSWER_SECONDS)

    def half_close(self):
        """Says that nothing more will be sent, which a FIN means."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Goes away with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(port, data, source="127.0.0.1"):
    """The answer to one request over a connection of its own."""
    with Client(port, source) as client:
        return client.ask(data)
