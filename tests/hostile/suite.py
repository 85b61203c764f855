"""What a case is, how one is run, and what it may expect."""

import dataclasses
import pathlib
import tempfile
import time

from program import Failed
from target import Target

# The most memory that a server may ever have, whatever is done to it.
MOST_MIB = 256
CASES = {}


@dataclasses.dataclass
class Case:
    """`waits`: most of its time it waits for a limit, so that it may run beside others of its kind.
    `unchanged`: the baseline kept the promise, too."""

    name: str
    play: object
    settings: dict
    waits: bool
    unchanged: bool

    @property
    def promise(self):
        return " ".join(self.play.__doc__.split())


@dataclasses.dataclass
class Outcome:
    case: Case
    seconds: float
    peak: float
    failure: str


def case(waits=False, unchanged=False, **settings):
    """Makes a case of a function, whose docstring is the promise."""
    def register(play):
        CASES[play.__name__] = Case(play.__name__, play, settings, waits, unchanged)
        return play

    return register


def expect(truth, seen):
    """`seen` says what was seen instead."""
    if not truth:
        raise Failed(seen)


def expect_room(target, most=MOST_MIB):
    peak = target.peak()
    expect(peak <= most, f"{peak:.0f} MiB at the peak, more than {most:.0f}")


def run(case, program, prepared):
    """Plays a case against a server of its own."""
    started = time.monotonic()
    peak, failure = 0.0, ""
    with tempfile.TemporaryDirectory(prefix=f"understudy-{case.name}-") as folder:
        target = None
        try:
            target = Target(program, prepared, pathlib.Path(folder), case.settings)
            case.play(target)
            expect(target.is_alive(), "the server's process has ended")
        except Exception as error:
            # Whatever the program's answer does to a case, it is that case's failure.
            failure = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        finally:
            if target:
                peak = target.peak() if target.is_alive() else 0.0
                target.close()
    return Outcome(case, time.monotonic() - started, peak, failure)
