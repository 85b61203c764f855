"""What has to hold after the storm."""

import time

from client import MARK, difference
from program import Failed
from soap import Connection, ids, retrieve, search, updated

BATCH = 200
MINUTE = 60


def check(truth, what):
    if not truth:
        raise Failed(what)


def everything_is_there(connection, clients, began):
    """Every acknowledged write is there, none twice. `began` is when the first call was made, in seconds since 1970."""
    expected = {contact.id: contact for client in clients for contact in client.contacts}
    sent = sum(client.named for client in clients)
    check(len(expected) == sent, f"{sent} contacts were created, under {len(expected)} Ids")
    found = ids(connection.call("Search", search("EmailAddress", "Starts with", MARK)))
    _same("Search", found, expected)
    shown = {}
    for start in range(0, len(found), BATCH):
        answer = connection.call("Retrieve", retrieve(found[start:start + BATCH]))
        shown |= {element.get("Id"): element for element in answer.iter() if element.get("LastModifiedDate")}
    _same("Retrieve", list(shown), expected)
    addresses = {element.get("EmailAddress") for element in shown.values()}
    check(len(addresses) == sent, f"{sent} contacts have {len(addresses)} e-mail addresses")
    wrong = [text for id, contact in expected.items() if (text := difference(contact, shown[id]))]
    check(not wrong, f"{len(wrong)} contacts are not as acknowledged, the first: {wrong[:1]}")
    _changes_are_listed(connection, expected, began)
    return len(expected)


def _changes_are_listed(connection, expected, began):
    """GetUpdated lists every change in the minute in which it was made: one from the first try to the answer."""
    first, last = int(began // MINUTE), int(time.time() // MINUTE)
    _same("GetUpdated", ids(connection.call("GetUpdated", updated(first * MINUTE, (last + 2) * MINUTE))), expected)
    listed = {}
    for minute in range(first, last + 1):
        listed[minute] = set(ids(connection.call("GetUpdated", updated(minute * MINUTE, (minute + 1) * MINUTE))))
    for contact in expected.values():
        for sent, acknowledged in contact.changes:
            is_listed = any(contact.id in listed[minute] for minute in range(sent, acknowledged + 1))
            check(is_listed, f"GetUpdated lacks a change of the minutes {sent} to {acknowledged}")


def _same(operation, found, expected):
    """Whether all that is expected was found, each once, and nothing else."""
    check(len(found) == len(set(found)), f"{operation} lists {len(found) - len(set(found))} contacts twice")
    lost, unknown = set(expected) - set(found), set(found) - set(expected)
    what = f"{operation}: {len(lost)} of {len(expected)} contacts are lost, {len(unknown)} unknown"
    check(not lost and not unknown, what)


def sessions_live(clients, processes):
    """The session that each client got at its only login counts at every process."""
    for client in clients:
        for process in processes:
            connection = Connection(process.port, client.connection.session)
            answer = connection.call("Retrieve", retrieve([client.contacts[0].id]))
            shown = [element for element in answer.iter() if element.get("EmailAddress")]
            check(len(shown) == 1, "a session does not see its contacts")
            connection.close()


def nothing_leaked(processes, clients, secrets):
    """The logs hold neither passwords nor sessions nor contacts."""
    secrets = [*secrets, MARK, *(client.connection.session for client in clients)]
    for process in processes:
        log = process.log_path.read_text(errors="replace")
        check("listening" in log, "a process has logged nothing")
        check(not any(secret in log for secret in secrets), f"{process.log_path.name} holds a secret or a contact")
