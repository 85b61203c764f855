"""--long: how long a quiet account's calls take while another attacks, and what 1,000 connections of each attack hold.

The server has core 0 for itself; the attackers (nice 19) and the quiet client (nice 0) share core 1."""

import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from attacks import NAMES
from cases.reads import by_email
from program import Failed
from suite import MOST_MIB
from target import ATTACKER, QUIET, Target, identifier, look_up, prepare
from wire import Client, Closed

HERE = pathlib.Path(__file__).resolve().parent
SERVER_CORE, CLIENT_CORE = 0, 1
CONTACTS = 50_000
SECONDS, TIMES = 8, 3
# Connections of an attack while the quiet account's calls are timed, and while memory is looked at.
FEW, MANY = 64, 1000
# Time for an attack to get going before calls are timed.
BEFORE_SECONDS = 1
# The p99 that is allowed: so many times the quiet one, or so many ms.
FACTOR, LEAST_MS = 3, 25
# Attackers lock nobody out, and may log in as often as they like.
SETTINGS = {"lockout_failures": 1_000_000}


class Attack:
    """A process that attacks for a while; None attacks nobody."""

    def __init__(self, target, name, seconds, connections):
        self.process = None
        if name is not None:
            arguments = [name, target.port, target.session(ATTACKER), seconds, connections, CLIENT_CORE]
            command = [sys.executable, HERE / "attacks.py", *map(str, arguments)]
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            if self.process.stdout.readline() != "ready\n":
                raise Failed(f"the attack {name!r} did not begin")

    def end(self):
        """How many requests were over."""
        if self.process is None:
            return 0
        out, _ = self.process.communicate()
        return int(out or 0)


def calls(target):
    """The quiet account's mix, again and again."""
    number = 0
    while True:
        number += 1
        yield target.call(QUIET, "Retrieve", look_up(QUIET))
        contact = f'<Contact Id="{identifier(QUIET, 0)}" Title="Title {number}"/>'
        yield target.call(QUIET, "UpdateContact", f"<Contacts>{contact}</Contacts>")
        yield target.call(QUIET, "Search", by_email(QUIET))


def timed(target, seconds):
    """Milliseconds of each call within that time, and how many failed."""
    times, failed, client = [], 0, None
    mix = calls(target)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        request = next(mix)
        began = time.monotonic()
        try:
            client = client or Client(target.port, "127.0.0.2")
            good = client.ask(request).status == 200
        except (Closed, Failed, OSError):
            good, client = False, None
        failed += not good
        times.append((time.monotonic() - began) * 1000)
        # A quiet account.
        time.sleep(0.005)
    return times, failed


def p99(times):
    return sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]


def beside(target, name):
    """The median of the p99s beside that attack, and how many calls failed in all."""
    found, failures, over = [], 0, 0
    for _ in range(TIMES):
        attack = Attack(target, name, SECONDS + BEFORE_SECONDS + 1, FEW)
        time.sleep(BEFORE_SECONDS)
        times, failed = timed(target, SECONDS)
        over += attack.end()
        found.append(p99(times))
        failures += failed
        time.sleep(1)
    return statistics.median(found), failures, over


def warm(target):
    """Every contact is updated, so that the store's caches are full."""
    for first in range(0, CONTACTS, 200):
        records = "".join(
            f'<Contact Id="{identifier("contact", number)}" Title="Warm {number}" WorkCity="City {number}"/>'
            for number in range(first, first + 200)
        )
        answer = target.ask(ATTACKER, "UpdateContact", f"<Contacts>{records}</Contacts>")
        if answer.status != 200:
            raise Failed(f"warming up: {answer}")


def latencies(program, prepared, rows):
    """A row for each attack: the quiet account's p99 beside it."""
    for name in [None, *NAMES]:
        with started(program, prepared) as target:
            target.session(QUIET)
            timed(target, 1)
            found, failures, over = beside(target, name)
        allowed = max(FACTOR * rows[0][1], LEAST_MS) if rows else float("inf")
        rows.append((name or "nobody", found, failures, over, found <= allowed and not failures))
        print(f"{name or 'nobody'}: p99 {found:.1f} ms, {failures} calls failed, {over} requests of the attack", flush=True)


def memory(program, prepared, rows):
    """A row for each attack: the peak with 1,000 connections of it, after the store's caches were warmed."""
    for name in NAMES:
        with started(program, prepared) as target:
            warm(target)
            before = target.peak()
            Attack(target, name, SECONDS * 2, MANY).end()
            peak = target.peak() if target.is_alive() else float("inf")
        rows.append((name, before, peak, peak < MOST_MIB))
        print(f"{name}: {before:.0f} MiB before, peak {peak:.0f} MiB", flush=True)


@contextlib.contextmanager
def started(program, prepared):
    with tempfile.TemporaryDirectory(prefix="understudy-hostile-") as folder:
        prefix = ["taskset", "-c", str(SERVER_CORE)]
        target = Target(program, prepared, folder, SETTINGS, prefix)
        try:
            yield target
        finally:
            target.close()


def table(latency, peaks):
    quiet = latency[0][1]
    lines = [
        f"Beside {FEW} connections of an attack (p99 of the quiet account's calls, median of {TIMES} times {SECONDS} s; "
        f"allowed: {max(FACTOR * quiet, LEAST_MS):.1f} ms):", "",
        "| attack | p99 in ms | calls that failed | requests of the attack | |", "|---|---|---|---|---|"]
    for name, found, failures, over, holds in latency:
        lines.append(f"| {name} | {found:.1f} | {failures} | {over} | {'holds' if holds else '**fails**'} |")
    lines += ["", f"{MANY} connections of an attack, with {CONTACTS:,} contacts stored and updated before (allowed: {MOST_MIB} MiB):",
              "", "| attack | MiB before | peak MiB | |", "|---|---|---|---|"]
    for name, before, peak, holds in peaks:
        lines.append(f"| {name} | {before:.0f} | {peak:.0f} | {'holds' if holds else '**fails**'} |")
    return "\n".join(lines) + "\n"


def run(program, path):
    """Plays it all and gives the exit code."""
    if os.cpu_count() < 2:
        raise Failed("this takes two processor cores")
    os.sched_setaffinity(0, {CLIENT_CORE})
    latency, peaks = [], []
    with tempfile.TemporaryDirectory(prefix="understudy-hostile-") as folder:
        prepared = prepare(program, pathlib.Path(folder), CONTACTS)
        latencies(program, prepared, latency)
        memory(program, prepared, peaks)
    told = table(latency, peaks)
    print(told)
    if path:
        path.write_text(told)
    return 0 if all(row[-1] for row in latency + peaks) else 1
