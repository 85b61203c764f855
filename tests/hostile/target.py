"""The program under attack: its data, its process, and what it holds."""

import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time
import uuid
from xml.etree import ElementTree

from flags import arguments
from program import START_SECONDS, Failed, Server
from soap import OBJECTS, Connection, results
from wire import Client, ask, call

# The attacker's account has many contacts and events, those of the crowd some, the quiet one has one.
ACCOUNTS = ["ATTACK", "BYSTAND", "CROWD", "DENSE", "EXTRA"]
ATTACKER, QUIET, *CROWD = ACCOUNTS
USER, PASSWORD = "api", "pass%wörd-of-hostile"
CONTACTS = 25_000
OF_THE_CROWD = 4000
EVENTS, INVITEES = 200, 100
# The longest that a server may be busy with what was sent to it.
SETTLE_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


def identifier(kind, number):
    """Repeatable identifiers, scattered as real ones are."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind} {number}")).upper()


def objects(contacts):
    """The lines of the data."""
    def line(account, kind, fields):
        return json.dumps({"account": account, "type": kind, "fields": fields})

    for account, count in {ATTACKER: contacts, **dict.fromkeys(CROWD, OF_THE_CROWD)}.items():
        for number in range(count):
            kind = "contact" if account == ATTACKER else f"contact of {account}"
            yield line(account, "Contact", {
                "Id": identifier(kind, number), "FirstName": f"Flood {number}", "LastName": f"Last {number % 977}",
                "EmailAddress": f"flood{number}@hostile.example", "Company": f"Company {number % 100} of " + "many words " * 7,
                "Title": f"Title {number % 100} of " + "many words " * 7,
                "CreatedDate": "2026-01-31T09:30:00", "PrimaryAddressType": "Work"})
    for account in ACCOUNTS[1:]:
        yield line(account, "Contact", {
            "Id": identifier(account, 0), "FirstName": "Quiet", "LastName": account,
            "EmailAddress": f"{account}@quiet.example", "CreatedDate": "2026-01-31T09:30:00"})
    for event in range(EVENTS):
        fields = {"Id": identifier("event", event), "EventTitle": f"Event {event}", "EventCode": f"E{event}",
                  "EventStartDate": "2027-02-28T14:00:00", "EventEndDate": "2027-03-01T23:00:00", "EventStatus": "Active",
                  "PlanningStatus": "Confirmed", "EventKind": "Standard"}
        yield line(ATTACKER, "Event", fields)
        yield line(ATTACKER, "EventDetail", {"Id": identifier("event", event)})
        for number in range(event * INVITEES, (event + 1) * INVITEES):
            yield line(ATTACKER, "Invitee", {
                "Id": identifier("invitee", number), "ContactId": identifier("contact", number % contacts),
                "EventId": identifier("event", event), "Status": "Accepted", "Participant": False})


def run(program, data, *arguments, given=""):
    """What a command of the program prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
    command = [program, *arguments, "--data", data]
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise Failed(f"understudy {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def prepare(program, folder, contacts=CONTACTS):
    """A data folder to be copied for each server."""
    data = folder / "prepared"
    for account in ACCOUNTS:
        run(program, data, "account", "add", account)
        run(program, data, "user", "add", account, USER, given=PASSWORD + "\n")
    run(program, data, "load", "-", given="\n".join(objects(contacts)) + "\n")
    return data


class Listening(Server):
    """The same by its log, which says where it listens whatever address it has for the outside."""

    def _url(self):
        for _ in range(START_SECONDS * 20):
            log = pathlib.Path(self.log.name).read_text(errors="replace")
            found = re.search(r"listening .*?address=127\.0\.0\.1:(\d+)", log)
            if found or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not found:
            raise Failed(f"the program did not start: {log}")
        return int(found[1])


class Target:
    """A server of its own for one case, with the prepared data. `settings` are names of FLAGS."""

    def __init__(self, program, prepared, folder, settings, prefix=()):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        shutil.copytree(prepared, self.data)
        flags = arguments(program, settings)
        self.prefix = prefix
        self.sessions = {}
        self.start(*flags)

    def start(self, *flags):
        self.server = Listening(self.program, self.folder, *flags, lab=False, prefix=self.prefix)
        self.port = self.server.url
        self.pid = self.server.process.pid

    def close(self):
        self.server.kill()

    def is_alive(self):
        return self.server.process.poll() is None

    # What its process holds and has used.

    def _status(self, name):
        if not self.is_alive():
            raise Failed("the server's process has ended")
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024

    def peak(self):
        """The most memory since the last `forget_peak`, in MiB."""
        return self._status("VmHWM")

    def resident(self):
        return self._status("VmRSS")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def settle(self, enough=lambda: False):
        """Waits until the process has nothing to do, or until that holds."""
        for _ in range(SETTLE_SECONDS * 2):
            used = self.processor_seconds()
            time.sleep(0.5)
            if enough() or self.processor_seconds() - used < 0.02:
                return

    # Calls of those who mean no harm.

    def session(self, account):
        if account not in self.sessions:
            connection = Connection(self.port)
            if connection.login(account, USER, PASSWORD).get("LoginSuccess") != "true":
                raise Failed(f"{account} can't log in")
            self.sessions[account] = connection.session
            connection.close()
        return self.sessions[account]

    def call(self, account, operation, body, **options):
        """A call as a request, with the account's session."""
        return call(operation, body, self.session(account), **options)

    def ask(self, account, operation, body, **options):
        return ask(self.port, self.call(account, operation, body, **options))

    def connect(self, source="127.0.0.1"):
        return Client(self.port, source)

    def contacts(self, mark):
        """How many contacts have an e-mail address that begins so, in the file itself."""
        with sqlite3.connect(self.data / "understudy.db") as database:
            query = "SELECT count(*) FROM contact WHERE email_address LIKE ?"
            return database.execute(query, (mark + "%",)).fetchone()[0]

    def hold_writes(self):
        """Takes the lock of the database file, so that all that writes waits. Calls back when `close`d."""
        lock = sqlite3.connect(self.data / "understudy.db", isolation_level=None, check_same_thread=False)
        lock.execute("PRAGMA busy_timeout = 5000")
        lock.execute("BEGIN IMMEDIATE")
        return lock


def creation(mark, count=1):
    """The body of a CreateContact."""
    records = "".join(
        f'<Contact FirstName="New" LastName="Contact" EmailAddress="{mark}{number}@new.example"/>' for number in range(count)
    )
    return f"<Contacts>{records}</Contacts>"


def look_up(account):
    """The body of a Retrieve of the one contact of a quiet account."""
    return f'<ObjectType>Contact</ObjectType><Ids xmlns="{OBJECTS}"><Id>{identifier(account, 0)}</Id></Ids>'


def broad_search(filters=256, field="Company", text="words nobody wrote"):
    """The body of a Search that looks at every contact for every filter and finds nothing."""
    tests = "".join(
        f"<Filter><Field>{field}</Field><Operator>Contains</Operator><Value>{text} {number}</Value></Filter>"
        for number in range(filters)
    )
    search = f'<CvSearchObject SearchType="OrSearch" xmlns="{OBJECTS}">{tests}</CvSearchObject>'
    return f"<ObjectType>Contact</ObjectType>{search}"


def codes(answer):
    """The outcome of each record of an answer, as codes."""
    return [found for _, found in results(ElementTree.fromstring(answer.body))]
