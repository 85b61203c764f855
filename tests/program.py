"""Starting and stopping the program, for the tests that drive it from outside."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS = 30
STOP_SECONDS = 30


class Failed(Exception):
    """The program, or what drives it, did not do what the test says."""


class Server:
    """The program on a free port, with its data and its log in a folder: a lab, where nothing else is said."""

    def __init__(self, program, folder, *flags, lab=True, prefix=()):
        """`prefix` is a command that runs the program, such as taskset with its arguments."""
        self.log = (folder / "server.log").open("ab")
        kind = ["--lab"] if lab else []
        command = [*prefix, program, "serve", *kind, "--listen", "127.0.0.1:0", "--data", folder / "data", *flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log
        )
        try:
            self.url = self._url()
        except BaseException:
            self.kill()
            raise

    def _url(self):
        """The address that the banner names."""
        os.set_blocking(self.process.stdout.fileno(), False)
        banner = b""
        for _ in range(START_SECONDS * 20):
            banner += self.process.stdout.read() or b""
            found = re.search(rb"(http://127\.0\.0\.1:\d+/\S+)\s", banner)
            if found:
                return found[1].decode()
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        log = pathlib.Path(self.log.name).read_text(errors="replace")
        raise Failed(f"the program did not start: {banner.decode()}{log}")

    def stop(self):
        """Asks it to end, as a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"the program did not end within {STOP_SECONDS} s of SIGTERM") from None
        if code != 0:
            raise Failed(f"the program ended with {code} after SIGTERM, not with 0")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def built():
    """The program that UNDERSTUDY_BIN names; without it, cargo builds one."""
    program = os.environ.get("UNDERSTUDY_BIN")
    if program:
        return pathlib.Path(program).resolve()
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "understudy"], cwd=ROOT, check=True)
    metadata = ["cargo", "metadata", "--format-version=1", "--no-deps", "--locked"]
    target = json.loads(subprocess.check_output(metadata, cwd=ROOT))["target_directory"]
    return pathlib.Path(target) / "release" / "understudy"


def end_on_sigterm():
    """Lets SIGTERM unwind, so that what was started is stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
