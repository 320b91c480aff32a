"""Synchronous and asynchronous code in one: the bridge, worker threads and the adapters between them."""

from .adapt import async_to_sync, inline, patch_asgiref, placement, sync_to_async, threaded
from .bridge import in_bridge, spawn, wait
from .coroutine import BridgedCoroutine, begin, bridged
from .faces import async_face, async_function
from .guard import finish
from .home import call_on
from .subject import subject
from .tasks import active, detached, install, leave_on_detach, run
from .watchdog import Watchdog
from .workers import Workers, default_workers, in_thread, off_loop

__all__ = [
    "BridgedCoroutine",
    "Watchdog",
    "Workers",
    "active",
    "async_face",
    "async_function",
    "async_to_sync",
    "begin",
    "bridged",
    "call_on",
    "default_workers",
    "detached",
    "finish",
    "in_bridge",
    "in_thread",
    "inline",
    "install",
    "leave_on_detach",
    "off_loop",
    "patch_asgiref",
    "placement",
    "run",
    "spawn",
    "subject",
    "sync_to_async",
    "threaded",
    "wait",
]
