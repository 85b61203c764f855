"""Records: more than a call may have, nested ones, and what their limits leave of the order of faults."""

import random
import re

from flood import Flood, taken_up
from soap import OBJECTS
from suite import case, expect, expect_room
from target import ATTACKER, QUIET, broad_search, codes, identifier
from wire import ask, call, envelope, packed, post

EMPTY = 12_000


def fault(answer):
    """The code of a fault."""
    found = re.search(rb"<faultcode[^>]*>(?:\w+:)?(\w+)<", answer.body)
    return found[1].decode() if found else f"status {answer.status}"


def busy_readers(target):
    """Searches that keep the database's readers busy, so that what comes after them waits with all that it holds."""
    flood = Flood(target.port, [target.call(ATTACKER, "Search", broad_search())] * 6)
    flood.sent.wait()
    taken_up(target.port)
    return flood


@case()
def empty_records(target):
    """500 calls of 12,000 empty records each, 2 KB when packed, hold no more than the budget: past the limit records are read
    to the end but not kept."""
    body = packed(envelope("UpdateContact", f"<Contacts>{'<Contact/>' * EMPTY}</Contacts>", target.session(ATTACKER)))
    crowd = busy_readers(target)
    flood = Flood(target.port, [post("UpdateContact", body, encoding="gzip")] * 500)
    statuses = flood.statuses()
    crowd.reset()
    expect_room(target)
    expect(set(statuses) <= {500, 503} and statuses.get(500, 0) >= 1, f"answered {statuses}")
    found = {fault(answer) for answer in flood.finish() if answer.status == 500}
    expect(found == {"CV30102"}, f"the faults are {found}")


@case()
def records_with_members(target):
    """100 calls of 20,000 records with members and text hold no more than the budget."""
    # Identifiers that differ, or it would be too dense to be taken.
    record = '<Contact Id="{0}" FirstName="First" LastName="Last" Company="Company" Title="Title"/>'
    records = [record.format(identifier("x", number)) for number in range(20_000)]
    body = packed(envelope("UpdateContact", f"<Contacts>{''.join(records)}</Contacts>", target.session(ATTACKER)))
    many = packed(envelope("UpdateContact", f"<Contacts>{''.join(records[:9_000])}</Contacts>", target.session(ATTACKER)))
    crowd = busy_readers(target)
    flood = Flood(target.port, [post("UpdateContact", many, encoding="gzip")] * 100)
    statuses = flood.statuses()
    crowd.reset()
    expect_room(target)
    expect(set(statuses) <= {500, 503} and 500 in statuses, f"answered {statuses}")
    answer = ask(target.port, post("UpdateContact", body, encoding="gzip"))
    expect(answer.status in (400, 500), f"20,000 records: {answer}")


@case()
def filters_and_identifiers(target):
    """60 Searches of 12,000 filters and 60 Retrieves of 20,000 Ids hold no more than the budget, and get their calls'
    codes."""
    search = packed(envelope("Search", broad_search(12_000, text="x"), target.session(ATTACKER)))
    listed = f"<Id>{identifier('x', 1)}</Id>" * 20_000
    body = f'<ObjectType>Contact</ObjectType><Ids xmlns="{OBJECTS}">{listed}</Ids>'
    retrieve = packed(envelope("Retrieve", body, target.session(ATTACKER)))
    for operation, body, code in [("Search", search, "CV20010"), ("Retrieve", retrieve, "CV20021")]:
        crowd = busy_readers(target)
        flood = Flood(target.port, [post(operation, body, encoding="gzip")] * 60)
        statuses = flood.statuses()
        crowd.reset()
        expect(set(statuses) <= {500, 503, 400} and len(set(statuses) - {503}) == 1, f"{operation}: {statuses}")
        found = {fault(answer) for answer in flood.finish() if answer.status == 500}
        expect(found <= {code}, f"{operation}: the faults are {found}")
    expect_room(target)


@case()
def nested_records(target):
    """Nested lists of one record keep 1,000 items; a record with more gets its generic code, CV91102, and the others of the
    call are carried out."""
    def contact(mark, details):
        detail = f'<CustomFieldDetail xmlns="{OBJECTS}" FieldId="{identifier("field", 1)}" FieldValue="x"/>' * details
        return f'<Contact FirstName="N" LastName="N" EmailAddress="{mark}@nested.example">{detail}</Contact>'

    body = f"<Contacts>{contact('many', 1001)}{contact('none', 0)}{contact('bound', 1000)}</Contacts>"
    found = codes(target.ask(ATTACKER, "CreateContact", body))
    expect(found[0] == ["CV91102"], f"1,001 details: {found[0][:3]}")
    expect(found[1] == [], f"no details: {found[1]}")
    expect("CV91102" not in found[2], f"1,000 details: {found[2][:3]}")


@case()
def nested_floods(target):
    """100 calls of 200 records with 1,000 nested items each hold no more than the budget."""
    details = f'<CustomFieldDetail xmlns="{OBJECTS}"/>' * 900
    # Names that do not pack, or it would be too dense to be taken.
    names = [random.Random(number).randbytes(500).hex() for number in range(200)]
    contacts = [f'<Contact FirstName="{name}" LastName="N">{details}</Contact>' for name in names]
    body = packed(envelope("CreateContact", f"<Contacts>{''.join(contacts)}</Contacts>", target.session(ATTACKER)))
    small = packed(envelope("CreateContact", f"<Contacts>{''.join(contacts[:20])}</Contacts>", target.session(ATTACKER)))
    statuses = Flood(target.port, [post("CreateContact", small, encoding="gzip")] * 100).statuses()
    expect_room(target)
    expect(set(statuses) <= {200, 503} and 200 in statuses, f"20 records: {statuses}")
    statuses = Flood(target.port, [post("CreateContact", body, encoding="gzip")] * 50).statuses()
    expect_room(target)
    expect(set(statuses) <= {200, 400, 503}, f"200 records: {statuses}")


@case()
def long_answers(target):
    """Six calls at once that ask for the description of Contact 200 times, 9 KB for 80 MB, hold no more than the budget: an
    answer that would take more than one may is refused while it is made."""
    def types(count):
        return f'<ObjectTypes xmlns="{OBJECTS}">{"<CvObjectType>Contact</CvObjectType>" * count}</ObjectTypes>'

    flood = Flood(target.port, [target.call(ATTACKER, "DescribeCvObject", types(200))] * 6)
    statuses = flood.statuses()
    expect_room(target)
    expect(set(statuses) <= {500, 503} and 500 in statuses, f"answered {statuses}")
    answer = target.ask(ATTACKER, "DescribeCvObject", types(8))
    expect(answer.status == 200 and len(answer.body) > 1 << 20, f"8 types: {answer}")


@case(unchanged=True)
def order_of_faults(target):
    """Records past the limit are still decoded: serializer, mustUnderstand, session and limit keep their order."""
    records = "<Contact/>" * 300
    def message(last="", header="", session=True):
        text = envelope("UpdateContact", f"<Contacts>{records}{last}</Contacts>", target.session(ATTACKER) if session else "none")
        return text.replace(b"</s:Header>", header.encode() + b"</s:Header>")

    stranger = '<x:Key xmlns:x="urn:x" s:mustUnderstand="1"/>'
    bad = '<Contact ExcludedFromEmail="perhaps"/>'
    for name, body, found in [
        ("a bad boolean", message(bad, stranger, session=False), "is not a valid Boolean value"),
        ("mustUnderstand", message("", stranger, session=False), "soap:MustUnderstand"),
        ("no session", message("", session=False), "CV101"),
        ("the limit", message(), "CV30102"),
    ]:
        answer = ask(target.port, post("UpdateContact", body))
        expect(found.encode() in answer.body, f"{name}: {answer}")
    expect(target.ask(QUIET, "DescribeGlobal", "").status == 200, "the next call is not answered")
    expect(ask(target.port, call("Nothing", "")).status == 500, "an unknown operation is answered")
