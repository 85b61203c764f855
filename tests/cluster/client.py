"""A client: one session from beginning to end, contacts of its own, and what it knows of them."""

import dataclasses
import random
import time

from program import Failed
from soap import Connection, Unanswered, ids, members, record, results, retrieve, search, updated

ACCOUNT, USER, PASSWORD = "CLUSTER", "load", "pass%wörd-of-load"
# Begins every e-mail address, so that one Search finds them all.
MARK = "storm-"
BATCH = 200
MOST_CONTACTS = 300
# A client whose call failed waits before it repeats it, and gives up when nobody has answered for that long.
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 120
# The operations and how often each is called, in all hundred calls.
MIX = {
    "create": 12, "update": 32, "update_many": 10, "upsert": 12,
    "search": 10, "retrieve": 10, "changes": 4, "members": 10,
}


@dataclasses.dataclass
class Contact:
    """What is known of a contact: the state that was acknowledged last."""

    email: str
    id: str = ""
    version: int = 0
    member: bool = False
    # When each acknowledged change was first sent and when it was acknowledged, in minutes since 1970.
    changes: set = dataclasses.field(default_factory=set)

    def fields(self, version):
        return {
            "EmailAddress": self.email, "SourceId": f"source of {self.email}", "FirstName": "Storm",
            "LastName": "Petrel", "Title": f"version {version}", "WorkCity": f"city {version}",
        }


@dataclasses.dataclass
class Call:
    """One try of a call. Times are of the monotonic clock; `failure` is why its outcome is unknown."""

    client: int
    begun: float
    ended: float
    servers: list
    failure: str = ""


class Client:
    """Calls of one kind after the other, in an order that its number decides."""

    def __init__(self, number, port, group):
        self.number = number
        self.group = group
        self.random = random.Random(number)
        self.connection = Connection(port)
        self.contacts = []
        self.named = 0
        self.calls = []
        self.counts = dict.fromkeys(MIX, 0)

    def log_in(self):
        result = self.connection.login(ACCOUNT, USER, PASSWORD)
        if result.get("LoginSuccess") != "true":
            raise Failed(f"login: {result.get('ErrorMessage')}")

    def begin(self):
        """The contacts that there are before the storm."""
        self._create([self._new() for _ in range(BATCH)])

    def step(self):
        """One operation, repeated until it is answered."""
        name = self.random.choices(list(MIX), MIX.values())[0]
        if name == "create" and len(self.contacts) >= MOST_CONTACTS:
            name = "update"
        getattr(self, name)()
        self.counts[name] += 1

    # The operations.

    def create(self):
        self._create([self._new() for _ in range(self.random.choice([1, 1, 1, 5]))])

    def update(self):
        self._update([self.random.choice(self.contacts)])

    def update_many(self):
        self._update(self.random.sample(self.contacts, self.random.randint(20, BATCH)))

    def upsert(self):
        new = len(self.contacts) < MOST_CONTACTS and self.random.random() < 0.5
        contact = self._new() if new else self.random.choice(self.contacts)
        version = contact.version + 1
        outcomes, span, _ = self._write("UpsertContact", "Contacts", [contact.fields(version)])
        [(contact.id, codes)] = outcomes
        self._expect(not codes, f"UpsertContact: {codes}")
        if new:
            self.contacts.append(contact)
        contact.version = version
        contact.changes.add(span)

    def search(self):
        contact = self.random.choice(self.contacts)
        self._expect_found(contact.email, contact.id)

    def retrieve(self):
        """Whichever process answers shows what any of them acknowledged."""
        chosen = self.random.sample(self.contacts, self.random.choice([1, 1, 10]))
        answer, _ = self.ask("Retrieve", retrieve([contact.id for contact in chosen]))
        shown = {element.get("Id"): element for element in answer.iter() if element.get("LastModifiedDate")}
        self._expect(len(shown) == len(chosen), f"Retrieve: {len(shown)} of {len(chosen)} contacts")
        for contact in chosen:
            wrong = difference(contact, shown[contact.id])
            self._expect(not wrong, f"Retrieve: {wrong}")

    def changes(self):
        """A change is listed by whichever process is asked next."""
        contact = self.random.choice(self.contacts)
        self._update([contact])
        minute = max(contact.changes)[0]
        answer, _ = self.ask("GetUpdated", updated(minute * 60, time.time() + 120))
        self._expect(contact.id in ids(answer), "GetUpdated does not list a contact that was changed")

    def members(self):
        """Moves some contacts into the group or out of it."""
        joins = self.random.random() < 0.6
        chosen = [contact for contact in self.random.sample(self.contacts, 20) if contact.member != joins]
        if not chosen:
            return
        body = members("Add" if joins else "Remove", self.group, [contact.id for contact in chosen])
        answer, repeated = self.ask("ManageContactGroupMembers", body)
        # Only a repeated call may find that it was carried out before.
        done = ["CV80103" if joins else "CV80104"]
        for _, codes in self._whole("ManageContactGroupMembers", results(answer), chosen, repeated, done):
            self._expect(codes in ([], done), f"ManageContactGroupMembers: {codes}")
        for contact in chosen:
            contact.member = joins

    # What they are made of.

    def ask(self, operation, body):
        """The answer, and whether an earlier try may have been carried out."""
        failed_since = None
        while True:
            begun = time.monotonic()
            try:
                answer, failure = self.connection.call(operation, body), ""
            except Unanswered as unanswered:
                answer, failure = None, unanswered.what
            ended = time.monotonic()
            self.calls.append(Call(self.number, begun, ended, self.connection.servers, failure))
            if answer is not None:
                return answer, failed_since is not None
            failed_since = failed_since or begun
            if ended - failed_since > PATIENCE_SECONDS:
                raise Failed(f"{operation} has failed for {PATIENCE_SECONDS} s: {failure}")
            time.sleep(PAUSE_SECONDS)

    def _new(self):
        self.named += 1
        return Contact(f"{MARK}{self.number}-{self.named}@cluster.example")

    def _write(self, operation, list_name, records):
        """The outcomes, the minutes between which it happened, and whether it was repeated."""
        body = "".join(record("Contact", fields) for fields in records)
        first_sent = time.time()
        answer, repeated = self.ask(operation, f"<{list_name}>{body}</{list_name}>")
        outcomes = results(answer)
        self._expect(len(outcomes) == len(records), f"{operation}: {len(outcomes)} results for {len(records)} records")
        return outcomes, (int(first_sent // 60), int(time.time() // 60)), repeated

    def _create(self, contacts):
        outcomes, span, repeated = self._write("CreateContact", "Contacts", [contact.fields(0) for contact in contacts])
        exists = ["CV40104"]
        self._whole("CreateContact", outcomes, contacts, repeated, exists)
        for contact, (id, codes) in zip(contacts, outcomes):
            self._expect(codes in ([], exists), f"CreateContact: {codes}")
            contact.id = self._expect_found(contact.email) if codes else id
            contact.changes.add(span)
            self.contacts.append(contact)

    def _update(self, contacts):
        records = [{"Id": contact.id} | contact.fields(contact.version + 1) for contact in contacts]
        outcomes, span, _ = self._write("UpdateContact", "Contacts", records)
        for contact, (_, codes) in zip(contacts, outcomes):
            self._expect(not codes, f"UpdateContact: {codes}")
            contact.version += 1
            contact.changes.add(span)

    def _whole(self, operation, outcomes, records, repeated, done):
        """A batch is carried out as a whole: an earlier try has done all of it or nothing."""
        self._expect(len(outcomes) == len(records), f"{operation}: {len(outcomes)} results for {len(records)} records")
        before = sum(codes == done for _, codes in outcomes)
        self._expect(repeated or not before, f"{operation}: {before} records were there before they were first sent")
        is_whole = before in (0, len(records))
        self._expect(is_whole, f"{operation}: {before} of {len(records)} records of a call were kept")
        return outcomes

    def _expect_found(self, email, id=None):
        """The one contact with that address."""
        answer, _ = self.ask("Search", search("EmailAddress", "Equals", email))
        found = ids(answer)
        is_it = len(found) == 1 and id in (None, found[0])
        self._expect(is_it, f"Search by e-mail: {len(found)} contacts, or another one")
        return found[0]

    def _expect(self, truth, what):
        if not truth:
            raise Failed(what)


def difference(contact, shown):
    """What a retrieved contact has that was not acknowledged last; nothing if all is well."""
    expected = contact.fields(contact.version)
    differs = [name for name, value in expected.items() if shown.get(name) != value]
    wrong = [f"{name} is {shown.get(name)!r}, not {expected[name]!r}" for name in differs]
    groups = sum("GroupId" in element.attrib for element in shown)
    if groups != contact.member:
        wrong.append(f"in the group {groups} times, not {int(contact.member)}")
    return "; ".join(wrong)
