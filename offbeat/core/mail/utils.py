"""This machine's name, as mails carry it."""

from __future__ import annotations

import socket

from offbeat.utils.encoding import punycode


class CachedDnsName:
    """The fully qualified name, looked up once, for it can take seconds."""

    def __str__(self) -> str:
        return self.get_fqdn()

    def get_fqdn(self) -> str:
        """The name in ASCII."""
        if not hasattr(self, "_fqdn"):
            self._fqdn = punycode(socket.getfqdn())
        return self._fqdn


DNS_NAME = CachedDnsName()
