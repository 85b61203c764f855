"""Logins: the queue of the password hash."""

from flood import Flood
from suite import case, expect
from target import ATTACKER, CROWD, PASSWORD, QUIET, USER
from wire import ask, call

# Logins of one address that wait, and those of all.
OF_AN_ADDRESS, OF_ALL = 64, 256
# Hashes that run, beside those that wait.
FEW = 4


def login(account, password=PASSWORD):
    members = f"<AccountNumber>{account}</AccountNumber><UserName>{USER}</UserName><Password>{password}</Password>"
    return call("Login", members)


def succeeded(answer):
    return answer is not None and b'LoginSuccess="true"' in answer.body


@case()
def logins_of_another_address(target):
    """While 60 logins of one address wait, that of another address is answered before most of them, whatever account they
    name."""
    flood = Flood(target.port, [login(ATTACKER)] * 60)
    flood.sent.wait()
    answer = ask(target.port, login(ATTACKER), "127.0.0.2")
    unfinished = flood.unfinished()
    flood.finish()
    expect(succeeded(answer), f"answered {answer}")
    expect(unfinished >= 30, f"answered when {unfinished} of 60 were not")


@case()
def logins_of_another_account(target):
    """Of one address the accounts that are named take turns: the login to another account is answered before most of 60."""
    flood = Flood(target.port, [login(ATTACKER)] * 60)
    flood.sent.wait()
    answer = ask(target.port, login(QUIET))
    unfinished = flood.unfinished()
    flood.finish()
    expect(succeeded(answer), f"answered {answer}")
    expect(unfinished >= 30, f"answered when {unfinished} of 60 were not")


@case()
def waiting_logins_are_bounded(target):
    """64 logins of an address wait; more are told that the server is busy."""
    flood = Flood(target.port, [login(ATTACKER)] * 200)
    statuses = flood.statuses()
    expect(set(statuses) == {200, 503}, f"answered {statuses}")
    expect(statuses[200] >= OF_AN_ADDRESS, f"answered {statuses}")
    busy = next(answer for answer in flood.finish() if answer and answer.status == 503)
    expect(b"Server Too Busy" in busy.body and busy.header("retry-after"), f"answered {busy}")


@case()
def waiting_logins_are_bounded_in_all(target):
    """256 logins wait in all, of however many addresses."""
    addresses = [f"127.0.1.{number + 1}" for number in range(12)]
    requests = [login(CROWD[number % len(CROWD)]) for number in range(60 * len(addresses))]
    flood = Flood(target.port, requests, *addresses)
    statuses = flood.statuses()
    expect(set(statuses) == {200, 503}, f"answered {statuses}")
    # Those that are hashed while others come leave their places to these.
    coming = max(flood.over_when_sent, *(at for at, number in enumerate(flood.order) if flood.answers[number].status == 503))
    hashed = sum(flood.answers[number].status == 200 for number in flood.order[:coming])
    waited = statuses[200] - hashed
    expect(waited <= OF_ALL + 2 * FEW, f"{waited} waited: answered {statuses}, {hashed} before the last was refused")


@case(lockout_failures=1_000_000)
def logins_of_clients_that_are_gone(target):
    """60 logins whose clients went away with a RST are hashed no more: together they cost less than 20 that are answered."""
    before = target.processor_seconds()
    for _ in range(5):
        ask(target.port, login(QUIET))
    one = (target.processor_seconds() - before) / 5
    flood = Flood(target.port, [login(ATTACKER, "wrong password")] * 60)
    flood.sent.wait()
    before = target.processor_seconds()
    flood.reset()
    answer = ask(target.port, login(QUIET), "127.0.0.2")
    target.settle()
    cost = (target.processor_seconds() - before) / one
    expect(succeeded(answer), f"answered {answer}")
    expect(cost < 20, f"they cost as much as {cost:.0f} logins")
