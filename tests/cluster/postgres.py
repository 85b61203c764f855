"""A PostgreSQL of the test's own (ci/postgres), and PgBouncer in front of it."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from program import ROOT, Failed
from servers import wait_for_port

LIMIT_SECONDS = 60
# Neither PostgreSQL nor PgBouncer runs as root.
AS_SERVER = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

# Each transaction may get another connection to the database.
POOLER = """
[databases]
{database} = host={host} port={server_port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
server_login_retry = 1
"""


class Postgres:
    """The database. A commit is on disk before it is acknowledged."""

    def __init__(self, folder):
        self.folder = folder
        command = [ROOT / "ci" / "postgres", "run", "--durable", folder]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            self.stop()
            raise Failed("PostgreSQL did not start")

    def restart(self):
        """Ends it as a crash would, without a checkpoint, and returns when it takes connections again."""
        self._control("restart", "--mode", "immediate", "--log", self.folder / "server.log")

    @contextlib.contextmanager
    def away(self):
        """It is down, and comes back."""
        self._control("stop", "--mode", "immediate")
        try:
            yield
        finally:
            port = urllib.parse.urlsplit(self.url).port
            self._control("start", "--log", self.folder / "server.log", "--options", f"-p {port}")

    def _control(self, action, *options):
        command = [self.tool("pg_ctl"), action, "--pgdata", self.folder / "data", "--wait", "--timeout", str(LIMIT_SECONDS)]
        # To a file: a server that is started here would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            done = subprocess.run([*command, *options], cwd="/", **streams, **AS_SERVER)
            output.seek(0)
            if done.returncode != 0:
                raise Failed(f"PostgreSQL: {action}: {output.read().decode(errors='replace')}")

    def tool(self, name):
        """A program of the version that runs."""
        return pathlib.Path((self.folder / "data" / "postmaster.opts").read_text().split()[0]).parent / name

    def stop(self):
        """It stops when its standard input ends, so that it does not outlive the test either."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Pooler:
    """PgBouncer in transaction mode; `url` leads through it to the database."""

    def __init__(self, folder, postgres, port):
        self.postgres = postgres
        server = urllib.parse.urlsplit(postgres.url)
        database = server.path.strip("/")
        configuration = folder / "pgbouncer.ini"
        configuration.touch(mode=0o600)
        configuration.write_text(POOLER.format(
            database=database, host=server.hostname, server_port=server.port, user=server.username,
            password=server.password, port=port,
        ))
        if AS_SERVER:
            shutil.chown(configuration, AS_SERVER["user"])
        self.url = f"postgres://{server.username}@127.0.0.1:{port}/{database}?sslmode=disable"
        self.log = (folder / "pgbouncer.log").open("ab")
        streams = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log}
        self.process = subprocess.Popen([pgbouncer(), configuration], cwd="/", **streams, **AS_SERVER)
        try:
            wait_for_port(port, self.process, "PgBouncer", self.log.name)
        except BaseException:
            self.stop()
            raise

    def restart(self):
        """PostgreSQL crashes. Returns when PgBouncer, which tries once a second, leads to it again."""
        self.postgres.restart()
        command = [self.postgres.tool("psql"), self.url, "--command", "SELECT 1"]
        for _ in range(LIMIT_SECONDS * 10):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise Failed(f"PgBouncer did not find PostgreSQL again: {done.stderr}")

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def pgbouncer():
    """Where PgBouncer is; nothing if it is not installed. Debian keeps it where only root looks."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def postgres():
    """Where a PostgreSQL server is, as ci/postgres looks for it; nothing if none is installed."""
    return next(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), None) or shutil.which("pg_config")
