"""All cases, in the order in which they are played."""

from cases import bodies, records, rates, forms, streams, connections, reads, writes, logins, clients, edges, tls  # noqa: F401
