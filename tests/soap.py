"""The SOAP interface by hand: one connection, messages out, answers in."""

import http.client
import re
import time
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

from program import Failed

ENDPOINT = "/soap/V200611.ASMX"
MESSAGES = "http://api.cvent.com/2006-11"
OBJECTS = "http://schemas.cvent.com/api/2006-11"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
# Far longer than any call takes: a call that comes to this has hung.
CALL_SECONDS = 60


class Unanswered(Exception):
    """A call that may have been carried out or not. `servers` are the processes that nginx tried."""

    def __init__(self, what, servers):
        super().__init__(what)
        self.what = what
        self.servers = servers


class Fault(Failed):
    """A call that was refused as a whole, by a code."""

    def __init__(self, operation, code):
        super().__init__(f"{operation} was refused: {code}")
        self.code = code


class Connection:
    """A client's connection, to nginx or to a process."""

    def __init__(self, port, session=None):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_SECONDS)
        self.session = session
        # Who had the last call, in the order in which nginx tried them.
        self.servers = []

    def login(self, account, user, password):
        """Gives the result, and keeps the session if there is one."""
        elements = {"AccountNumber": account, "UserName": user, "Password": password}
        body = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in elements.items())
        result = self.call("Login", body).find(f".//{{{OBJECTS}}}LoginResult")
        self.session = result.get("CventSessionHeader") or None
        return result

    def call(self, operation, body):
        """The answer's envelope.

        Raises Unanswered where the outcome is unknown, and Fault where the call was refused."""
        status, answer = self._exchange(operation, body)
        if status in (502, 503, 504):
            raise Unanswered(f"HTTP {status}", self.servers)
        code = re.search(rb"<faultcode[^>]*>(?:\w+:)?(\w+)<", answer) if status == 500 else None
        if code and code[1] == b"CV10000":
            raise Unanswered("fault CV10000", self.servers)
        if code:
            raise Fault(operation, code[1].decode())
        if status != 200:
            raise Failed(f"{operation} was answered with HTTP {status}")
        return ElementTree.fromstring(answer)

    def _exchange(self, operation, body):
        session = f"<CventSessionValue>{self.session}</CventSessionValue>"
        header = f'<CventSessionHeader xmlns="{MESSAGES}">{session}</CventSessionHeader>' if self.session else ""
        envelope = (
            f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Header>{header}</s:Header>'
            f'<s:Body><{operation} xmlns="{MESSAGES}">{body}</{operation}></s:Body></s:Envelope>'
        )
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{MESSAGES}/{operation}"'}
        self.servers = []
        try:
            self.http.request("POST", ENDPOINT, envelope.encode(), headers)
            answer = self.http.getresponse()
            self.servers = answer.getheader("X-Served-By", "").replace(" ", "").split(",")
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.http.close()
            raise Unanswered(type(error).__name__, self.servers) from None

    def close(self):
        self.http.close()


def record(element, fields):
    """A record with these attributes."""
    attributes = " ".join(f"{name}={quoteattr(str(value))}" for name, value in fields.items())
    return f"<{element} {attributes}/>"


def results(answer):
    """The outcome of each record, in the order of the request: its Id and its codes, none if it went well."""
    found = [element for element in answer.iter() if "Success" in element.attrib]
    codes = [[error.get("Code") for error in result.iter(f"{{{OBJECTS}}}Error")] for result in found]
    return [(result.get("Id"), some) for result, some in zip(found, codes)]


def ids(answer):
    """The Ids that Search and GetUpdated list."""
    return [element.text for element in answer.iter(f"{{{OBJECTS}}}Id")]


def search(field, operator, value):
    """The body of a Search for contacts."""
    test = f"<Field>{field}</Field><Operator>{operator}</Operator><Value>{escape(value)}</Value>"
    search = f'<CvSearchObject SearchType="AndSearch" xmlns="{OBJECTS}"><Filter>{test}</Filter></CvSearchObject>'
    return f"<ObjectType>Contact</ObjectType>{search}"


def retrieve(identifiers):
    """The body of a Retrieve of contacts."""
    listed = "".join(f"<Id>{identifier}</Id>" for identifier in identifiers)
    return f'<ObjectType>Contact</ObjectType><Ids xmlns="{OBJECTS}">{listed}</Ids>'


def updated(start, end):
    """The body of a GetUpdated of contacts; both times in seconds since 1970."""
    span = [time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) for at in (start, end)]
    return f"<ObjectType>Contact</ObjectType><StartDate>{span[0]}</StartDate><EndDate>{span[1]}</EndDate>"


def members(action, group, identifiers):
    """The body of a ManageContactGroupMembers."""
    listed = "".join(record("CvObject", {"Id": identifier}) for identifier in identifiers)
    return f'<Action>{action}</Action><GroupId>{group}</GroupId><CvObjects xmlns="{OBJECTS}">{listed}</CvObjects>'
