"""Versions: of the interpreter, and of this package in PEP 440 form."""

from __future__ import annotations

import sys

PYPY = sys.implementation.name == "pypy"
PY311 = sys.version_info >= (3, 11)
PY312 = sys.version_info >= (3, 12)
PY313 = sys.version_info >= (3, 13)
PY314 = sys.version_info >= (3, 14)
PY315 = sys.version_info >= (3, 15)

_SHORT = {"alpha": "a", "beta": "b", "rc": "rc"}


def get_complete_version(
    version: tuple[int, int, int, str, int] | None = None,
) -> tuple[int, int, int, str, int]:
    """The five-part version; the API level that is implemented when none is given."""
    if version is None:
        from offbeat import VERSION

        return VERSION
    return version


def get_main_version(version: tuple[int, int, int, str, int] | None = None) -> str:
    """``X.Y``, or ``X.Y.Z`` when Z is not zero."""
    full = get_complete_version(version)
    return ".".join(str(part) for part in full[: 2 if full[2] == 0 else 3])


def get_version(version: tuple[int, int, int, str, int] | None = None) -> str:
    """The version in PEP 440 form, such as ``6.1.3`` or ``6.1rc1``."""
    full = get_complete_version(version)
    main = get_main_version(full)
    if full[3] == "final":
        return main
    if full[3] == "alpha" and full[4] == 0:
        return f"{main}.dev0"
    return f"{main}{_SHORT[full[3]]}{full[4]}"


def get_docs_version(version: tuple[int, int, int, str, int] | None = None) -> str:
    """The documentation's version: ``dev`` before a release, ``X.Y`` after."""
    full = get_complete_version(version)
    return "dev" if full[3] != "final" else f"{full[0]}.{full[1]}"


def get_version_tuple(version: str) -> tuple[int, ...]:
    """Leading numbers of a dotted version: ``"1.2.3rc2"`` gives ``(1, 2, 3)``."""
    numbers: list[int] = []
    for part in version.split("."):
        digits = ""
        for char in part:
            if not char.isdigit():
                break
            digits += char
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)
