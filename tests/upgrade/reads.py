"""What is asked of a program that has the baseline's data: a handful of calls, and its dump."""

import os
import re
import subprocess

from program import Failed
from soap import Connection, ids, retrieve, search

# The account that tests/upgrade/make makes beside the lab's.
ACCOUNT, USER, PASSWORD = "UPGRADE", "upgrade", "pass%wörd-of-upgrade"
CONTACT_TYPE = "OLD=Old friend"
LAB = ("LAB001", "lab", "lab")
# Types of which the first objects are read, by a field that all of them have; and how many.
FIRST = {"Contact": "LastName", "Invitee": "LastName", "Event": "EventTitle", "Session": "ProductName"}
FEW = 5
NAMESPACE = re.compile(r"\{[^}]*\}")


def run(program, data, *arguments, given=""):
    """What a command of the program prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
    command = [program, *arguments, "--data", data]
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise Failed(f"understudy {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def dump(program, data):
    """The lines of the dump of all accounts."""
    return run(program, data, "dump").splitlines()


def answers(server):
    """The answers to the calls, by their names: elements with their attributes and texts, in order."""
    port = int(server.url.split(":")[2].split("/")[0])
    noted = {}
    for account in [LAB, (ACCOUNT, USER, PASSWORD)]:
        connection = Connection(port)
        if connection.login(*account).get("LoginSuccess") != "true":
            raise Failed(f"{account[0]} can't log in")
        for name, operation, body in calls(connection):
            noted[f"{account[0]} {name}"] = plain(connection.call(operation, body))
        connection.close()
    return noted


def calls(connection):
    """Searches by a text that is folded, and the first objects of some types."""
    for domain in ["upgrade.EXAMPLE", "story.example", "season.example"]:
        yield f"search {domain}", "Search", search("EmailAddress", "Contains", domain)
    for kind, field in FIRST.items():
        found = ids(connection.call("Search", search(field, "Not Equal to", "~").replace("Contact<", f"{kind}<", 1)))
        if found:
            body = retrieve(found[:FEW]).replace("Contact<", f"{kind}<", 1)
            yield f"retrieve {kind}", "Retrieve", body
    deleted = "<StartDate>2000-01-01T00:00:00</StartDate><EndDate>2099-01-01T00:00:00</EndDate>"
    yield "deleted", "GetDeleted", f"<ObjectType>Contact</ObjectType>{deleted}"


def plain(answer):
    """The elements of an answer, without the names of namespaces and without what differs at every start."""
    body = answer.find("{*}Body")
    return [
        [NAMESPACE.sub("", element.tag), {NAMESPACE.sub("", name): value for name, value in element.attrib.items()},
         (element.text or "").strip()]
        for element in body.iter()
    ]
