"""The settings that the cases use: their flags, in one place. A program that lacks one runs without it."""

import functools
import subprocess

FLAGS = {
    "max_body": "--max-body",
    "max_connections": "--max-connections",
    "header_timeout": "--header-timeout",
    "request_timeout": "--request-timeout",
    "lockout_failures": "--lockout-failures",
    "public_url": "--public-url",
    "trust_forwarded": "--trust-forwarded",
    # Bytes that all requests hold together.
    "request_memory": "--request-memory",
    # Seconds that a read may take.
    "read_deadline": "--read-deadline",
    # Calls of one account that wait in one queue.
    "waiting_calls": "--waiting-calls",
    # Files for TLS.
    "tls_certificate": "--tls-certificate",
    "tls_key": "--tls-key",
}


@functools.cache
def known(program):
    """The help of `serve`, which names all flags."""
    return subprocess.check_output([program, "serve", "--help"], text=True)


def has(program, setting):
    return f"{FLAGS[setting]} " in known(program) or f"{FLAGS[setting]}[" in known(program)


def arguments(program, settings):
    """The flags for these settings, as far as the program has them."""
    for name, value in settings.items():
        if has(program, name):
            yield f"{FLAGS[name]}={value}"
