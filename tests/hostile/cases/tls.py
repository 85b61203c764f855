"""TLS, and plain HTTP beyond this machine."""

import socket
import ssl
import subprocess
import tempfile
import time

from flags import FLAGS, has
from program import Failed
from suite import case, expect
from soap import ENDPOINT
from wire import Answer, get

# Ended by SIGTERM after this many seconds, where it starts at all.
START_SECONDS = 5


def certificate(folder, name):
    """A certificate for localhost of that name, and its key."""
    files = [folder / "certificate.pem", folder / "key.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/O={name}/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", files[1], "-out", files[0]],
        check=True, capture_output=True)
    return files


def over_tls(port, version, sent=None):
    """The answer over that version of TLS, and who the certificate names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), 20) as plain, context.wrap_socket(plain) as secure:
        named = secure.getpeercert(True)
        secure.sendall(sent or get(f"{ENDPOINT}?disco"))
        received = b""
        while b"\r\n\r\n" not in received:
            received += secure.recv(1 << 16)
        return Answer(received.partition(b"\r\n\r\n")[0]), named


@case()
def tls_versions_and_reload(target):
    """Over TLS 1.2 and 1.3 the program answers; a new certificate in the same files counts without a restart; plain HTTP is
    not answered there."""
    if not has(target.program, "tls_certificate"):
        raise Failed("there is no TLS")
    target.close()
    files = certificate(target.folder, "first")
    flags = [f"{FLAGS['tls_certificate']}={files[0]}", f"{FLAGS['tls_key']}={files[1]}"]
    (target.folder / "server.log").unlink()
    target.start(*flags)
    port = target.port
    before = over_tls(port, ssl.TLSVersion.TLSv1_3)[1]
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        answer, _ = over_tls(port, version)
        expect(answer.status == 200, f"{version}: {answer}")
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    answer, _ = over_tls(port, ssl.TLSVersion.TLSv1_3)
    expect(answer.status == 200, f"beside 200 silent connections: {answer}")
    certificate(target.folder, "second")
    for _ in range(60):
        if over_tls(port, ssl.TLSVersion.TLSv1_3)[1] != before:
            break
        time.sleep(0.5)
    else:
        raise Failed("a new certificate does not count")
    for connection in silent:
        connection.close()


@case()
def plain_http_stays_here(target):
    """Beyond this machine the program listens over plain HTTP only when told that a proxy ends TLS."""
    with tempfile.TemporaryDirectory() as folder:
        command = [target.program, "serve", "--listen", "0.0.0.0:0", "--data", f"{folder}/data"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
        try:
            _, errors = process.communicate(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.communicate()
            raise Failed("it listens on 0.0.0.0 over plain HTTP") from None
        expect(process.returncode == 2, f"it ended with {process.returncode}: {errors.decode()[:300]}")
