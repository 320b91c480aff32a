"""FileBasedCache: a file to a value, below a directory that only this user can enter."""

from __future__ import annotations

import glob
import os
import pickle
import random
import tempfile
import time
import zlib
from hashlib import md5
from typing import Any

from offbeat.concurrency import off_loop
from offbeat.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from offbeat.core.files import locks
from offbeat.core.files.move import file_move_safe
from offbeat.utils._os import safe_makedirs


class FileBasedCache(BaseCache):
    """Each file holds the pickled moment of expiry and the compressed, pickled value."""

    cache_suffix = ".djcache"
    pickle_protocol = pickle.HIGHEST_PROTOCOL

    def __init__(self, dir: Any, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._dir = os.path.abspath(dir)
        self._createdir()

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Store a value unless the key is there; whether it was stored."""
        if self.has_key(key, version):
            return False
        self.set(key, value, timeout, version)
        return True

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value of a key, or ``default``."""
        return off_loop(self._read, self._key_to_file(key, version), default)

    def _read(self, fname: str, default: Any) -> Any:
        try:
            with open(fname, "rb") as file:
                if not self._is_expired(file):
                    return pickle.loads(zlib.decompress(file.read()))
        except FileNotFoundError:
            pass
        return default

    def _write_content(self, file: Any, timeout: Any, value: Any) -> None:
        expiry = self.get_backend_timeout(timeout)
        file.write(pickle.dumps(expiry, self.pickle_protocol))
        file.write(zlib.compress(pickle.dumps(value, self.pickle_protocol)))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Store a value; readers see the old file or the new one, never a part."""
        off_loop(self._write, self._key_to_file(key, version), value, timeout)

    def _write(self, fname: str, value: Any, timeout: Any) -> None:
        self._createdir()
        self._cull()
        descriptor, temporary = tempfile.mkstemp(dir=self._dir)
        renamed = False
        try:
            with open(descriptor, "wb") as file:
                self._write_content(file, timeout, value)
            file_move_safe(temporary, fname, allow_overwrite=True)
            renamed = True
        finally:
            if not renamed:
                os.remove(temporary)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        return bool(off_loop(self._touch, self._key_to_file(key, version), timeout))

    def _touch(self, fname: str, timeout: Any) -> bool:
        try:
            with open(fname, "r+b") as file:
                try:
                    locks.lock(file, locks.LOCK_EX)
                    if self._is_expired(file):
                        return False
                    value = pickle.loads(zlib.decompress(file.read()))
                    file.seek(0)
                    self._write_content(file, timeout, value)
                    file.truncate()
                    return True
                finally:
                    locks.unlock(file)
        except FileNotFoundError:
            return False

    def delete(self, key: Any, version: Any = None) -> bool:
        """Delete a key; whether it was there."""
        return bool(off_loop(self._delete, self._key_to_file(key, version)))

    def _delete(self, fname: str) -> bool:
        if not fname.startswith(self._dir) or not os.path.exists(fname):
            return False
        try:
            os.remove(fname)
        except FileNotFoundError:
            # Another process was faster.
            return False
        return True

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Whether the key is there."""
        return bool(off_loop(self._is_there, self._key_to_file(key, version)))

    def _is_there(self, fname: str) -> bool:
        try:
            with open(fname, "rb") as file:
                return not self._is_expired(file)
        except FileNotFoundError:
            return False

    def _cull(self) -> None:
        """Remove a random part of the entries when there are too many."""
        files = self._list_cache_files()
        if len(files) < self._max_entries:
            return
        if self._cull_frequency == 0:
            self._clear()
            return
        for fname in random.sample(files, int(len(files) / self._cull_frequency)):
            self._delete(fname)

    def _createdir(self) -> None:
        # Pickles are code, so nobody else may write here, whatever the process's umask is.
        safe_makedirs(self._dir, 0o700, exist_ok=True)

    def _key_to_file(self, key: Any, version: Any = None) -> str:
        key = self.make_and_validate_key(key, version=version)
        name = md5(key.encode(), usedforsecurity=False).hexdigest() + self.cache_suffix
        return os.path.join(self._dir, name)

    def clear(self) -> None:
        """Delete everything."""
        off_loop(self._clear)

    def _clear(self) -> None:
        for fname in self._list_cache_files():
            self._delete(fname)

    def _is_expired(self, f: Any) -> bool:
        """Whether the open file has expired, which deletes it. The position is then at the value."""
        try:
            expiry = pickle.load(f)
        except EOFError:
            # An empty file is one being written, or broken.
            expiry = 0
        if expiry is not None and expiry < time.time():
            f.close()
            self._delete(f.name)
            return True
        return False

    def _list_cache_files(self) -> list[str]:
        return [
            os.path.join(self._dir, name) for name in glob.glob(f"*{self.cache_suffix}", root_dir=self._dir)
        ]
