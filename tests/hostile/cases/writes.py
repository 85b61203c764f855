"""Writes: turns, and the bound of those that wait."""

import time

from flood import Flood, taken_up
from soap import search
from suite import case, expect
from target import ATTACKER, QUIET, creation
from wire import ask

WAITING = 4
# Calls that run or are on their way into a transaction, beside those that wait.
FEW = 16


def held(target, requests):
    """Sends requests while the database's file is locked, so that all writes wait; gives the flood and the lock."""
    lock = target.hold_writes()
    flood = Flood(target.port, requests)
    flood.sent.wait()
    taken_up(target.port)
    return flood, lock


@case()
def writes_of_another_account(target):
    """While 100 creations of 200 contacts wait, another account's creation is done before most of them."""
    requests = [target.call(ATTACKER, "CreateContact", creation(f"many{number}-", 200)) for number in range(100)]
    other = target.call(QUIET, "CreateContact", creation("one"))
    flood, lock = held(target, requests)
    quiet = Flood(target.port, [other], "127.0.0.2")
    quiet.sent.wait()
    taken_up(target.port)
    time.sleep(0.3)
    lock.close()
    quiet.thread.join(60)
    unfinished = flood.unfinished()
    flood.finish()
    expect(quiet.finish()[0].status == 200, f"another account's creation: {quiet.finish()[0]}")
    expect(unfinished >= 50, f"it was answered when {unfinished} of 100 were not")


@case(waiting_calls=WAITING)
def waiting_writes_are_bounded(target):
    """Of one account so many writes wait; more get 503, Retry-After and `Server Too Busy` before they have begun, so that as
    many contacts are made as calls are answered. Other accounts are served."""
    requests = [
        target.call(ATTACKER, "CreateContact", creation(f"bound{number}-"), version=11 + number % 2) for number in range(60)
    ]
    other = target.call(QUIET, "CreateContact", creation("one"))
    flood, lock = held(target, requests)
    quiet = Flood(target.port, [other], "127.0.0.2")
    quiet.sent.wait()
    time.sleep(0.5)
    refused = list(flood.order)
    lock.close()
    answers = flood.finish()
    answered = quiet.finish()[0]
    expect(len(refused) >= 60 - WAITING - FEW, f"{len(refused)} of 60 were refused at once")
    for number in refused:
        code = "soap:Server" if number % 2 == 0 else "soap:Receiver"
        answer = answers[number]
        expect(answer and answer.status == 503, f"call {number}: {answer}")
        expect(code.encode() in answer.body and b"Server Too Busy" in answer.body, f"call {number}: {answer}")
        expect(answer.header("retry-after").isdigit(), f"call {number}: Retry-After is {answer.header('retry-after')!r}")
    done = sum(answer is not None and answer.status == 200 for answer in answers)
    made = target.ask(ATTACKER, "Search", found_by("bound")).body.count(b"<Id>")
    expect(done == made and done > 0, f"{done} calls were answered and {made} contacts made")
    expect(answered and answered.status == 200, f"another account's creation: {answered}")


def found_by(mark):
    return search("EmailAddress", "Starts with", mark)


@case()
def two_hundred_and_fifty_six_wait(target):
    """Of one account 256 writes wait where nothing else is set, and those that are refused were not begun."""
    requests = [target.call(ATTACKER, "CreateContact", creation(f"queue{number}-")) for number in range(400)]
    flood, lock = held(target, requests)
    time.sleep(0.5)
    lock.close()
    answers = flood.finish()
    busy = sum(answer is not None and answer.status == 503 for answer in answers)
    done = sum(answer is not None and answer.status == 200 for answer in answers)
    made = target.ask(ATTACKER, "Search", found_by("queue")).body.count(b"<Id>")
    expect(busy + done == 400 and done == made, f"{done} were answered, {busy} refused, {made} contacts made, of 400")
    expect(400 - 256 - FEW <= busy <= 400 - 256, f"{busy} of 400 were refused")


@case(unchanged=True)
def turns_lose_nothing(target):
    """Writes of two accounts at once are all carried out once, each in its own account."""
    requests = [
        target.call([ATTACKER, QUIET][number % 2], "CreateContact", creation(f"turn{number}-", 5)) for number in range(80)
    ]
    flood = Flood(target.port, requests)
    statuses = flood.statuses()
    expect(statuses == {200: 80}, f"answered {statuses}")
    for account in (ATTACKER, QUIET):
        made = ask(target.port, target.call(account, "Search", found_by("turn"))).body.count(b"<Id>")
        expect(made == 200, f"{account} has {made} contacts, not 200")
