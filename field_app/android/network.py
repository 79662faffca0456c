"""What kind of link the phone has. Rule: Android's own word; where it has none, the link costs money."""

from typing import Any

from field_app.android.java import Java


class AndroidNetwork:
    """See devices.Network."""

    def __init__(self, java: Java) -> None:
        self._java = java

    def metered(self) -> bool:
        """See devices.Network."""
        links = self._links()
        return links is None or bool(links.isActiveNetworkMetered())

    def available(self) -> bool:
        """See devices.Network."""
        links = self._links()
        if links is None:
            return False
        network = links.getActiveNetwork()
        able = links.getNetworkCapabilities(network) if network is not None else None
        wanted = self._java("android.net.NetworkCapabilities").NET_CAPABILITY_INTERNET
        return able is not None and bool(able.hasCapability(wanted))

    def _links(self) -> Any:
        return self._java.service("CONNECTIVITY_SERVICE")
