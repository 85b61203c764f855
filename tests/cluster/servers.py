"""The processes of the program, on ports that stay theirs."""

import http.client
import os
import pathlib
import random
import socket
import subprocess
import time

from program import Failed, Server

LIMIT_SECONDS = 60


def free_ports(count):
    """Ports that nobody listens on, outside the range from which the system gives ports to connections.

    A process that comes back takes its port again; from that range, a connection could have it meanwhile."""
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = []
    while len(ports) < count:
        port = random.randrange(max(1025, first - 20000), first)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


def wait_for_port(port, process, name, log):
    """Waits until the process listens."""
    for _ in range(LIMIT_SECONDS * 20):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed(f"{name} did not start: {pathlib.Path(log).read_text(errors='replace')}")


def http_status(port, path):
    """The status of the answer to a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def environment(settings):
    """The environment with these settings of the program, as its variables, and no others."""
    own = {f"UNDERSTUDY_{name}": value for name, value in settings.items()}
    return {name: value for name, value in os.environ.items() if not name.startswith("UNDERSTUDY_")} | own


class Process(Server):
    """One of the processes. `start` starts it again after its end, with the settings that it then has."""

    def __init__(self, program, folder, port, settings):
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self.folder = folder
        self.log_path = folder / f"understudy-{port}.log"
        self.settings = settings
        self.command = [program, "serve", "--listen", self.address]
        self.start()

    def start(self):
        self.log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=environment(self.settings), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log,
        )
        try:
            self.url = self._url()
        except Failed:
            self.kill()
            raise Failed(f"the process at {self.address} did not start: see {self.log_path.name}") from None
        except BaseException:
            self.kill()
            raise

    def kill(self):
        super().kill()
        self.process.stdout.close()

    def stop(self):
        super().stop()
        self.kill()


class Tool:
    """The program's commands for administrators."""

    def __init__(self, program, folder, settings):
        self.program = program
        self.folder = folder
        self.settings = settings

    def run(self, *arguments, given=""):
        done = subprocess.run(
            [self.program, *arguments], input=given, capture_output=True, text=True, cwd=self.folder,
            env=environment(self.settings),
        )
        if done.returncode != 0:
            raise Failed(f"understudy {' '.join(arguments)}: {done.stderr}")
