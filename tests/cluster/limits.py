"""What the processes count together: failed logins, and calls a day."""

import time

from check import check
from program import Failed
from soap import Connection, Fault

LOCKED = "locked out"
PASSWORD = "pass%wörd-of-limits"
LIMIT_SECONDS = 60
MAX_CALLS = 30
# When a day begins in New York, by which calls are counted: the hours of UTC, in summer and in winter.
MIDNIGHTS = (4, 5)


def set_up(tool):
    """The accounts and users that the checks use up."""
    for account, users in {"LOCKS": ["four", "five"], "QUOTA": ["counted"]}.items():
        tool.run("account", "add", account)
        for user in users:
            tool.run("user", "add", account, user, given=PASSWORD + "\n")
    tool.run("account", "set", "QUOTA", "--max-calls", str(MAX_CALLS))


def lockout(processes):
    """Failures at different processes add up: four don't lock a user, the fifth does, everywhere."""
    for count, user in {4: "four", 5: "five"}.items():
        for number in range(count):
            result = _login(processes[number % len(processes)], "LOCKS", user, "wrong")
            check("denied" in result.get("ErrorMessage"), f"failure {number + 1}: {result.get('ErrorMessage')}")
        for process in processes:
            result = _login(process, "LOCKS", user, PASSWORD)
            error = result.get("ErrorMessage") or ""
            is_in = result.get("LoginSuccess") == "true"
            check((LOCKED in error, is_in) == (count == 5, count == 4), f"after {count} failures: {is_in}, {error}")


def _login(process, account, user, password):
    connection = Connection(process.port)
    try:
        return connection.login(account, user, password)
    finally:
        connection.close()


def quota(processes, tool):
    """Calls are counted across processes, each of which tells the others of its own every second.

    Gives how many calls were answered beyond the maximum."""
    while _day_ends_soon():
        time.sleep(1)
    first = Connection(processes[0].port)
    first.login("QUOTA", "counted", PASSWORD)
    connections = [Connection(process.port, first.session) for process in processes]
    for number in range(MAX_CALLS):
        # None is refused before the maximum, for nothing is counted twice.
        check(_counted(connections[number % len(connections)]), f"call {number + 1} of {MAX_CALLS} was refused")
    answered = MAX_CALLS
    refusing = set()

    def all_refuse():
        nonlocal answered
        for connection in connections:
            if not _counted(connection):
                refusing.add(connection)
                continue
            answered += 1
            check(connection not in refusing, "a process that refused a call answers the next")
        return len(refusing) == len(connections)

    _wait(all_refuse, "not every process refuses calls")
    beyond = answered - MAX_CALLS
    # With room again, the count is seen: the calls that were answered, and this one.
    tool.run("account", "set", "QUOTA", "--max-calls", str(MAX_CALLS * 100))

    def exact():
        nonlocal answered
        counted = _counted(connections[0])
        answered += counted > 0
        return counted == answered

    _wait(exact, "the calls counted are not the calls answered")
    for connection in connections:
        connection.close()
    return beyond


def _day_ends_soon():
    now = time.gmtime()
    return now.tm_min >= 58 and now.tm_hour + 1 in MIDNIGHTS


def _counted(connection):
    """Makes a call. Gives the account's calls today, this one included; 0 where it is refused."""
    try:
        answer = connection.call("DescribeGlobal", "")
    except Fault as fault:
        if fault.code == "CV30100":
            return 0
        raise
    return next(int(element.get("CurrentAPICalls")) for element in answer.iter() if element.get("CurrentAPICalls"))


def _wait(condition, what):
    for _ in range(LIMIT_SECONDS * 10):
        if condition():
            return
        time.sleep(0.1)
    raise Failed(f"after {LIMIT_SECONDS} s: {what}")
