"""HTTP's edges."""

import re

from soap import ENDPOINT
from suite import case, expect
from target import QUIET, look_up
from wire import Client, Closed, ask, get, post

MARK = "nosniff"


def raw(*lines, body=b""):
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status(target, data):
    try:
        return ask(target.port, data).status
    except Closed:
        return "closed"


@case()
def one_host(target):
    """A request of HTTP/1.1 without a Host, or with two, gets 400 before all else; HTTP/1.0 needs none."""
    whole = target.call(QUIET, "Retrieve", look_up(QUIET))
    without = whole.replace(b"Host: localhost\r\n", b"")
    twice = whole.replace(b"Host: localhost\r\n", b"Host: localhost\r\nHost: localhost\r\n")
    for name, request in {
        "a call without": without,
        "a call with two": twice,
        "a page without": raw(f"GET {ENDPOINT} HTTP/1.1"),
        "a page with two": raw(f"GET {ENDPOINT} HTTP/1.1", "Host: a", "Host: b"),
        "nowhere without": raw("GET /nowhere HTTP/1.1"),
        "health without": raw("GET /healthz HTTP/1.1"),
        "another method without": raw(f"PUT {ENDPOINT} HTTP/1.1", "Content-Length: 0"),
        "an over-long body without": raw(f"POST {ENDPOINT} HTTP/1.1", "Content-Length: 99999999999", "Expect: 100-continue"),
    }.items():
        found = status(target, request)
        expect(found == 400, f"{name}: {found}")
    found = status(target, raw(f"GET {ENDPOINT} HTTP/1.0"))
    expect(found == 200, f"HTTP/1.0 without: {found}")
    found = status(target, without.replace(b"HTTP/1.1", b"HTTP/1.0"))
    expect(found == 200, f"a call of HTTP/1.0 without: {found}")


@case()
def transfer_encodings(target):
    """A body that is compressed by its transfer encoding gets 501; chunks alone are read."""
    whole = target.call(QUIET, "Retrieve", look_up(QUIET))
    head, _, body = whole.partition(b"\r\n\r\n")
    head = re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: %s", head)
    chunked = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    for encoding in [b"gzip, chunked", b"deflate, chunked", b"gzip,chunked"]:
        found = status(target, head % encoding + b"\r\n\r\n" + chunked)
        expect(found == 501, f"{encoding.decode()}: {found}")
    found = status(target, head % b"chunked" + b"\r\n\r\n" + chunked)
    expect(found == 200, f"chunked: {found}")


@case()
def slashes(target):
    """Several leading slashes count as one, also in addresses that are written into the WSDL, the discovery and the pages;
    `//x/soap/…` is nowhere."""
    whole = target.call(QUIET, "Retrieve", look_up(QUIET))
    for slashes in ["//", "///"]:
        path = slashes + ENDPOINT[1:]
        answer = ask(target.port, whole.replace(ENDPOINT.encode(), path.encode(), 1))
        expect(answer.status == 200, f"a call to {path}: {answer.status}")
        for query in ["?WSDL", "?disco", "", "?op=Login"]:
            answer = ask(target.port, get(path + query))
            expect(answer.status == 200, f"{path}{query}: {answer.status}")
            doubled = re.search(rb"localhost//+soap|[\"'=]//+soap", answer.body)
            expect(not doubled, f"{path}{query} has {doubled and doubled[0]!r}")
    for path in ["//x/soap/V200611.ASMX", "/x//soap/V200611.ASMX"]:
        found = status(target, get(path))
        expect(found == 404, f"{path}: {found}")


@case(public_url="https://crm.example.org/understudy")
def home_leads_to_the_public_path(target):
    """`/` leads to the public path with the endpoint."""
    answer = ask(target.port, get("/"))
    found = answer.header("location")
    ends = ("/understudy" + ENDPOINT, "https://crm.example.org/understudy" + ENDPOINT)
    expect(answer.status in (301, 302, 307, 308) and found in ends, f"{answer.status} to {found}")


@case()
def nothing_is_sniffed(target):
    """Every answer but those of SOAP says nosniff; those of SOAP have no header more than the platform's."""
    form = raw(f"POST {ENDPOINT}/Login HTTP/1.1", "Host: localhost", "Content-Type: application/x-www-form-urlencoded",
               "Content-Length: 1", body=b"x")
    for name, request in {
        "WSDL": get(f"{ENDPOINT}?WSDL"), "discovery": get(f"{ENDPOINT}?disco"), "list": get(ENDPOINT),
        "page": get(f"{ENDPOINT}?op=Login"), "home": get("/"), "health": get("/healthz"), "nowhere": get("/nowhere"),
        "a schema": get(f"{ENDPOINT}?schema=x"), "markup": get(f"{ENDPOINT}?op=%3Cb"), "form": form,
        "another method": raw(f"PUT {ENDPOINT} HTTP/1.1", "Host: localhost", "Content-Length: 0"),
        "no Host": raw("GET / HTTP/1.1"),
    }.items():
        answer = ask(target.port, request)
        is_soap = b"Envelope" in answer.body
        expect(is_soap or answer.header("x-content-type-options") == MARK, f"{name}: {answer.headers}")
    answer = target.ask(QUIET, "Retrieve", look_up(QUIET))
    expect("x-content-type-options" not in answer.headers, f"SOAP: {answer.headers}")


@case(unchanged=True)
def smuggling(target):
    """A request whose length could be read in two ways ends its connection: what follows is no request."""
    inner = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for name, lines in {
        "two lengths": ["Content-Length: 5", "Content-Length: 0"],
        "length and chunks": ["Content-Length: 5", "Transfer-Encoding: chunked"],
        "chunks, twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        "a blank before the colon": ["Content-Length : 5"],
        "a length with a sign": ["Content-Length: +5"],
    }.items():
        request = raw(f"POST {ENDPOINT} HTTP/1.1", "Host: localhost", *lines, body=b"0\r\n\r\n" + inner)
        with Client(target.port) as client:
            client.send(request)
            found = []
            try:
                while len(found) < 3:
                    found.append(client.answer())
            except (Closed, OSError):
                pass
            except Exception:
                pass
        expect(all(answer.body != b"ok" for answer in found), f"{name}: the inner request was answered")
