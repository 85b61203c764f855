"""The load of all clients, and what befalls the processes meanwhile."""

import dataclasses
import threading
import time

from program import Failed

# How long the load goes on undisturbed before the next blow, and how long a process stays away.
CALM_SECONDS = 3
AWAY_SECONDS = 1
# How many calls each client makes undisturbed, at least.
CALM_CALLS = 3
LIMIT_SECONDS = 120


@dataclasses.dataclass
class Blow:
    """What befell whom. `over` is when no call that begins can be hit by it any more."""

    kind: str
    address: str
    begun: float
    over: float = 0.0

    def __str__(self):
        return f"{self.kind} of {self.address}" if self.address else self.kind

    def hits(self, call):
        """Whether the blow explains that the call failed."""
        there = not self.address or call.servers[-1:] == [self.address]
        return there and call.begun <= self.over and call.ended >= self.begun


class Storm:
    """Runs the clients until it is told to stop; `blows` are what befell them."""

    def __init__(self, clients, processes):
        self.clients = clients
        self.processes = processes
        self.blows = []
        self.failures = []
        self.over = threading.Event()

    def run(self, schedule):
        """Carries out the schedule under load, and waits until every call is answered."""
        threads = [threading.Thread(target=self._work, args=[client], daemon=True) for client in self.clients]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            for blow in schedule:
                self._calm()
                blow(self)
            self._calm()
        finally:
            self.over.set()
        self._wait(lambda: not any(thread.is_alive() for thread in threads), "a client's call is not answered")
        return time.monotonic() - began

    def _work(self, client):
        try:
            while not self.over.is_set():
                client.step()
        except Exception as failure:
            what = str(failure) if isinstance(failure, Failed) else repr(failure)
            self.failures.append(f"client {client.number}: {what}")
            self.over.set()

    def _calm(self):
        """Lets the load go on for a while, in which every client gets on and every process is in use."""
        time.sleep(CALM_SECONDS)
        starts = {client.number: len(client.calls) for client in self.clients}

        def calm():
            calls = [client.calls[starts[client.number]:] for client in self.clients]
            used = {server for some in calls for call in some if not call.failure for server in call.servers[-1:]}
            return min(map(len, calls)) >= CALM_CALLS and used >= {process.address for process in self.processes}

        self._wait(calm, "not every client got on, or not every process got calls")

    def _wait(self, condition, what):
        for _ in range(LIMIT_SECONDS * 20):
            met = condition()
            if self.failures:
                raise Failed("\n".join(self.failures))
            if met:
                return
            time.sleep(0.05)
        raise Failed(f"after {LIMIT_SECONDS} s: {what}")

    def strike(self, kind, address, action):
        """Notes what befalls whom, and from when to when it does."""
        blow = Blow(kind, address, time.monotonic())
        action()
        blow.over = time.monotonic()
        self.blows.append(blow)


def kill(*numbers):
    """Kills processes without warning; they are started again a moment later."""
    return lambda storm: _end(storm, "kill -9", numbers, lambda process: process.kill())


def stop(number):
    """Asks a process to end, as a service manager does; it is started again a moment later."""
    return lambda storm: _end(storm, "SIGTERM", [number], lambda process: process.stop())


def _end(storm, kind, numbers, end):
    ended = [storm.processes[number] for number in numbers]
    for process in ended:
        storm.strike(kind, process.address, lambda: end(process))
    time.sleep(AWAY_SECONDS)
    for process in ended:
        process.start()


def crash(restart):
    """PostgreSQL ends without a checkpoint, and recovers."""
    return lambda storm: storm.strike("PostgreSQL's crash", "", restart)


@dataclasses.dataclass
class Cost:
    """What a blow cost: calls that failed, of those that were under way where it fell."""

    blow: Blow
    failed: int
    under_way: int


def costs(storm, calls):
    """What each blow cost.

    Raises Failed for a call that failed without a blow that explains it, and where a process that ended cost a client
    more than one call."""
    found = {id(blow): [] for blow in storm.blows}
    for call in calls:
        if call.failure:
            causes = [blow for blow in storm.blows if blow.hits(call)]
            if not causes:
                who = f"client {call.client} at {call.servers}"
                raise Failed(f"{who}: a call failed though nothing befell it: {call.failure}")
            found[id(causes[0])].append(call)
    costs = []
    for blow in storm.blows:
        failed = found[id(blow)]
        clients = {call.client for call in failed}
        if blow.address and len(clients) != len(failed):
            raise Failed(f"{blow} cost a client more than one call")
        costs.append(Cost(blow, len(failed), sum(blow.hits(call) for call in calls)))
    return costs
