"""nginx in front of the processes: every call goes to the next one in turn."""

import shutil
import subprocess

from servers import wait_for_port

# A call goes on to another process only if nothing of it was sent: nginx does not repeat a POST that was. So a client
# whose process died sees one failed call, and nobody but the client repeats it.
#
# A client's connection stays, however long the client is idle between the steps on a slow machine.
#
# Idle connections to the processes end before the processes end them (--header-timeout), or a call could be sent into
# a connection that is just being closed.
CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 32m;
    client_body_buffer_size 1m;
    upstream understudy {{
        {servers}
        keepalive 32;
        keepalive_timeout 15s;
    }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_timeout 1h;
        keepalive_requests 1000000;
        location / {{
            proxy_pass http://understudy;
            proxy_next_upstream error;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_connect_timeout 30s;
            proxy_read_timeout 120s;
            add_header X-Served-By $upstream_addr always;
        }}
    }}
}}
"""


def nginx():
    """Where nginx is; nothing if it is not installed. Debian keeps it where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Nginx:
    """A balancer of its own on a port of its own, with the rights of whoever runs the test."""

    def __init__(self, folder, port, processes):
        self.port = port
        servers = " ".join(f"server 127.0.0.1:{process} max_fails=1 fail_timeout=1s;" for process in processes)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=port, servers=servers))
        self.log = (folder / "nginx.log").open("ab")
        self.process = subprocess.Popen(
            [nginx(), "-p", folder, "-c", configuration], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        try:
            wait_for_port(port, self.process, "nginx", self.log.name)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
