"""Fetch modes: how a value that was not loaded is fetched (Django documentation: topics/db/fetch-modes)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import FieldFetchBlocked
from offbeat.db.lazy_loads import note_lazy_load, watching

__all__ = ["FETCH_ONE", "FETCH_PEERS", "FETCH_RAISE", "FetchMode"]


class FetchMode:
    """Base of fetch modes: `fetch(fetcher, instance)` loads what `fetcher` stands for.

    A fetcher (field descriptor) offers fetch_one(instance) and fetch_many(instances).
    """

    __slots__ = ()

    track_peers = False

    def fetch(self, fetcher: Any, instance: Any) -> None:
        """Load the value that `fetcher` is missing on `instance`."""
        raise TypeError("Fetch modes define fetch().")


class FetchOne(FetchMode):
    """Fetch for the one instance in hand (the default)."""

    __slots__ = ()

    def fetch(self, fetcher: Any, instance: Any) -> None:
        if watching.get() is not None:
            note_lazy_load(instance, _name(fetcher))
        fetcher.fetch_one(instance)

    def __reduce__(self) -> str:
        return "FETCH_ONE"


class FetchPeers(FetchMode):
    """Fetch for all instances that came from the same query, in one query."""

    __slots__ = ()

    track_peers = True

    def fetch(self, fetcher: Any, instance: Any) -> None:
        peers = [peer for peer in (ref() for ref in instance._state.peers) if peer is not None]
        if len(peers) > 1:
            fetcher.fetch_many(peers)
        else:
            fetcher.fetch_one(instance)

    def __reduce__(self) -> str:
        return "FETCH_PEERS"


class FetchRaise(FetchMode):
    """Refuse to fetch."""

    __slots__ = ()

    def fetch(self, fetcher: Any, instance: Any) -> None:
        name = f"{instance.__class__.__name__}.{_name(fetcher)}"
        raise FieldFetchBlocked(f"Fetching of {name} blocked.") from None

    def __reduce__(self) -> str:
        return "FETCH_RAISE"


def _name(fetcher: Any) -> str:
    name: str = fetcher.field.name if hasattr(fetcher, "field") else fetcher.related.accessor_name
    return name


FETCH_ONE = FetchOne()
FETCH_PEERS = FetchPeers()
FETCH_RAISE = FetchRaise()
