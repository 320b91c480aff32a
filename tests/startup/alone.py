"""Imports modules one by one, each in a process of its own that has loaded nothing else of the package.

Arguments: names of modules. Prints one line for each that cannot be imported. A forked child starts with the standard
library loaded, which is most of what an interpreter's start would cost.
"""

from __future__ import annotations

import asyncio  # noqa: F401
import decimal  # noqa: F401
import email.message  # noqa: F401
import gc
import html.parser  # noqa: F401
import http.cookies  # noqa: F401
import importlib
import logging.config  # noqa: F401
import os
import sys
import unittest  # noqa: F401
import uuid  # noqa: F401

import asgiref.sync  # noqa: F401
import greenlet  # noqa: F401


def failure(name: str) -> str:
    """What goes wrong when the module is imported first; nothing when all is well."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException as error:
            os.write(write, f"{name}: {type(error).__name__}: {error}"[:2000].encode())
        os._exit(0)
    os.close(write)
    with open(read) as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    return text or (f"{name}: exit {status}" if status else "")


if __name__ == "__main__":
    gc.disable()
    for module in sys.argv[1:]:
        if text := failure(module):
            print(text)
