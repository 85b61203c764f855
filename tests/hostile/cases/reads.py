"""Reads: heavy searches of one account, and what is left for the others."""

import os
import signal
import subprocess
import time

from flood import Flood, taken_up
from soap import OBJECTS
from suite import case, expect, expect_room
from target import ATTACKER, CROWD, EVENTS, QUIET, broad_search, identifier, look_up
from wire import ask

SEARCHES = 120
# As many as a Search may have.
FILTERS = 256


def heavy(target, account=ATTACKER, filters=FILTERS):
    return target.call(account, "Search", broad_search(filters))


def by_email(account):
    test = f"<Field>EmailAddress</Field><Operator>Equals</Operator><Value>{account}@quiet.example</Value>"
    search = f'<CvSearchObject SearchType="AndSearch" xmlns="{OBJECTS}"><Filter>{test}</Filter></CvSearchObject>'
    return f"<ObjectType>Contact</ObjectType>{search}"


@case()
def searches_of_another_account(target):
    """While 120 searches of 256 filters wait, another account's calls are answered before most of them."""
    target.session(QUIET)
    flood = Flood(target.port, [heavy(target)] * SEARCHES)
    flood.sent.wait()
    taken_up(target.port)
    seen = []
    for operation, body in [("Retrieve", look_up(QUIET)), ("Search", by_email(QUIET))]:
        answer = ask(target.port, target.call(QUIET, operation, body), "127.0.0.2")
        seen.append((operation, answer.status, flood.unfinished()))
    flood.reset()
    for operation, status, unfinished in seen:
        expect(status == 200, f"{operation}: {status}")
        expect(unfinished >= SEARCHES // 2, f"{operation} was answered when {unfinished} of {SEARCHES} searches were not")


@case()
def searches_of_clients_that_are_gone(target):
    """120 searches whose clients went away with a RST cost no more processor time than a few that are answered."""
    began = target.processor_seconds()
    for _ in range(2):
        ask(target.port, heavy(target))
    one = (target.processor_seconds() - began) / 2
    flood = Flood(target.port, [heavy(target)] * SEARCHES)
    flood.sent.wait()
    taken_up(target.port)
    flood.reset()
    before = target.processor_seconds()
    # Decoding what was sent has been paid already, or is little.
    allowance = 20 * one + 0.5
    last = before
    for _ in range(40):
        time.sleep(0.5)
        now = target.processor_seconds()
        if now - before > allowance or now - last < 0.02:
            break
        last = now
    cost = (target.processor_seconds() - before) / one
    expect(target.processor_seconds() - before <= allowance, f"they cost more than {cost:.0f} searches of {one:.2f} s")
    expect(target.ask(QUIET, "Retrieve", look_up(QUIET)).status == 200, "another account's call is not answered")


@case()
def one_reader_is_left(target):
    """While searches of four accounts run, a look-up by key of a fifth is answered
    before most of them."""
    requests = [heavy(target, account) for _ in range(15) for account in [ATTACKER, *CROWD]]
    target.session(QUIET)
    flood = Flood(target.port, requests)
    flood.sent.wait()
    before = flood.unfinished()
    answer = ask(target.port, target.call(QUIET, "Retrieve", look_up(QUIET)), "127.0.0.2")
    unfinished = flood.unfinished()
    flood.reset()
    expect(answer.status == 200, f"answered {answer}")
    expect(unfinished >= 20, f"answered when {unfinished} of {before} searches were not")


@case(read_deadline=1)
def reads_have_a_deadline(target):
    """A read that takes longer than its deadline is answered by CV10000 with 500, and its connection reads for others again."""
    flood = Flood(target.port, [heavy(target)] * 24)
    flood.sent.wait()
    time.sleep(0.1)
    # Some of them run, and their time goes on while the process does not.
    os.kill(target.pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.kill(target.pid, signal.SIGCONT)
    answers = flood.finish()
    late = [answer for answer in answers if answer and answer.status == 500 and b"CV10000" in answer.body]
    good = [answer for answer in answers if answer and answer.status in (200, 503)]
    expect(len(late) + len(good) == len(answers), f"answered {flood.statuses()}")
    expect(late, f"none of {len(answers)} searches met the deadline: {flood.statuses()}")
    answer = target.ask(ATTACKER, "Retrieve", look_up(QUIET))
    expect(answer.status == 200, f"the next read: {answer}")


@case(unchanged=True, read_deadline=1)
def dumps_have_no_deadline(target):
    """A dump whose reader takes its time goes on past the deadline of reads, to its end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
    environment["UNDERSTUDY_READ_DEADLINE"] = "1"
    command = [target.program, "dump", "--data", target.data]
    dump = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    lines = 0
    for line in dump.stdout:
        lines += 1
        if lines == 100:
            time.sleep(2.5)
    expect(dump.wait() == 0, f"it ended with {dump.returncode} after {lines} lines")
    expect(lines > 25_000, f"{lines} lines")


@case(waiting_calls=4)
def waiting_reads_are_bounded(target):
    """Of one account so many reads wait; more are told that the server is busy, before they have begun. Other accounts are
    not."""
    flood = Flood(target.port, [heavy(target)] * 60)
    flood.sent.wait()
    taken_up(target.port)
    other = ask(target.port, target.call(QUIET, "Search", by_email(QUIET)), "127.0.0.2")
    busy = [number for number in list(flood.order) if flood.answers.get(number) and flood.answers[number].status == 503]
    flood.reset()
    expect(other.status == 200, f"another account's search: {other}")
    expect(len(busy) >= 30, f"{len(busy)} of 60 were told that the server is busy")


@case(unchanged=True)
def filters_fold_a_column_once(target):
    """A Search of 256 filters over one column costs less than 60 of one filter: the column is folded once a row."""
    costs = {}
    for filters, times in [(1, 6), (FILTERS, 2)]:
        before = target.processor_seconds()
        for _ in range(times):
            ask(target.port, heavy(target, filters=filters))
        costs[filters] = (target.processor_seconds() - before) / times
    ratio = costs[FILTERS] / max(costs[1], 0.005)
    expect(ratio < 60, f"256 filters cost {ratio:.0f} times one filter ({costs[FILTERS]:.2f} s)")


@case()
def events_are_counted(target):
    """A Retrieve of 200 EventDetails counts 20,000 invitees in the database: it costs less than 0.4 s of processor time and
    next to no memory."""
    listed = "".join(f"<Id>{identifier('event', number)}</Id>" for number in range(EVENTS))
    body = f'<ObjectType>EventDetail</ObjectType><Ids xmlns="{OBJECTS}">{listed}</Ids>'
    call = target.call(ATTACKER, "Retrieve", body)
    answer = ask(target.port, call)
    expect(answer.status == 200 and answer.body.count(b'TotalInvitedCount="100"') == EVENTS, f"answered {answer}")
    before = target.processor_seconds()
    for _ in range(3):
        ask(target.port, call)
    seconds = (target.processor_seconds() - before) / 3
    target.forget_peak()
    flood = Flood(target.port, [call] * 8)
    flood.finish()
    expect(seconds < 0.4, f"it costs {seconds:.2f} s of processor time")
    expect_room(target, 192)

