"""Password hashes, byte-compatible with Django's (Django documentation: topics/auth/passwords).

Deriving a key takes a good part of a second on purpose; in an async request it is done in a worker thread, so that the
event loop goes on.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import importlib
import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

from offbeat.concurrency import async_function, off_loop, wait
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.signals import setting_changed
from offbeat.dispatch import receiver
from offbeat.utils.crypto import RANDOM_STRING_CHARS, constant_time_compare, get_random_string, pbkdf2
from offbeat.utils.encoding import force_bytes, force_str
from offbeat.utils.module_loading import import_string
from offbeat.utils.translation import gettext_noop as _

UNUSABLE_PASSWORD_PREFIX = "!"
UNUSABLE_PASSWORD_SUFFIX_LENGTH = 40


def is_password_usable(encoded: str | None) -> bool:
    """False for a password made by ``set_unusable_password()``."""
    return encoded is None or not encoded.startswith(UNUSABLE_PASSWORD_PREFIX)


def verify_password(password: Any, encoded: str | None, preferred: str = "default") -> tuple[bool, bool]:
    """(whether the password is right, whether its hash should be made anew)."""
    fake_runtime = password is None or not is_password_usable(encoded)
    preferred_hasher = get_hasher(preferred)
    try:
        hasher = identify_hasher(encoded)  # type: ignore[arg-type]
    except (ValueError, AttributeError, TypeError):
        # Broken or of a kind that is not in PASSWORD_HASHERS.
        fake_runtime = True
    if fake_runtime:
        # As long as a real check takes, so that the time says nothing about the account.
        make_password(get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH))
        return False, False
    hasher_changed = hasher.algorithm != preferred_hasher.algorithm
    must_update = hasher_changed or preferred_hasher.must_update(encoded)
    assert encoded is not None
    is_correct = bool(off_loop(hasher.verify, password, encoded))
    if not is_correct and not hasher_changed and must_update:
        off_loop(hasher.harden_runtime, password, encoded)
    return is_correct, must_update


def check_password(
    password: Any, encoded: str | None, setter: Callable[[Any], Any] | None = None, preferred: str = "default"
) -> bool:
    """Whether the password is the one of the hash; ``setter(password)`` is called when the hash is out of date."""
    is_correct, must_update = verify_password(password, encoded, preferred=preferred)
    if setter and is_correct and must_update:
        result = setter(password)
        if hasattr(result, "__await__"):
            wait(result)
    return is_correct


acheck_password = async_function(check_password)


def make_password(password: Any, salt: Any = None, hasher: Any = "default") -> str:
    """The hash to store for a password; for None, one that no password matches."""
    if password is None:
        return UNUSABLE_PASSWORD_PREFIX + get_random_string(UNUSABLE_PASSWORD_SUFFIX_LENGTH)
    if not isinstance(password, bytes | str):
        raise TypeError(f"Password must be a string or bytes, got {type(password).__qualname__}.")
    chosen = get_hasher(hasher)
    salt = salt or chosen.salt()
    return str(off_loop(chosen.encode, password, salt))


@functools.lru_cache
def get_hashers() -> list[Any]:
    """Instances of ``PASSWORD_HASHERS``, the preferred one first."""
    hashers = []
    for path in settings.PASSWORD_HASHERS:
        hasher = import_string(path)()
        if not hasher.algorithm:
            raise ImproperlyConfigured(f"hasher doesn't specify an algorithm name: {path}")
        hashers.append(hasher)
    return hashers


@functools.lru_cache
def get_hashers_by_algorithm() -> dict[str, Any]:
    """The hashers by the name that hashes begin with."""
    return {hasher.algorithm: hasher for hasher in get_hashers()}


@receiver(setting_changed)
def reset_hashers(*, setting: str, **kwargs: Any) -> None:
    """Forget the hashers when the setting changes."""
    if setting == "PASSWORD_HASHERS":
        get_hashers.cache_clear()
        get_hashers_by_algorithm.cache_clear()


def get_hasher(algorithm: Any = "default") -> Any:
    """The hasher of this name, the preferred one, or the object itself; ValueError for an unknown name."""
    if hasattr(algorithm, "algorithm"):
        return algorithm
    if algorithm == "default":
        return get_hashers()[0]
    try:
        return get_hashers_by_algorithm()[algorithm]
    except KeyError:
        raise ValueError(
            f"Unknown password hashing algorithm '{algorithm}'. Did you specify it in the PASSWORD_HASHERS setting?"
        )


def identify_hasher(encoded: str) -> Any:
    """The hasher that made a hash; ValueError."""
    # Ancient unsalted MD5 and SHA-1 hashes have no name in front.
    if (len(encoded) == 32 and "$" not in encoded) or (len(encoded) == 37 and encoded.startswith("md5$$")):
        algorithm = "unsalted_md5"
    elif len(encoded) == 46 and encoded.startswith("sha1$$"):
        algorithm = "unsalted_sha1"
    else:
        algorithm = encoded.split("$", 1)[0]
    return get_hasher(algorithm)


def mask_hash(hash: str, show: int = 6, char: str = "*") -> str:
    """The hash with all but its beginning hidden."""
    return hash[:show] + char * len(hash[show:])


def must_update_salt(salt: str, expected_entropy: int) -> bool:
    """Whether the salt has too little entropy, in bits."""
    return len(salt) * math.log2(len(RANDOM_STRING_CHARS)) < expected_entropy


class BasePasswordHasher:
    """Base of hashers: define ``encode``, ``verify``, ``decode``, ``safe_summary``, ``must_update``, ``harden_runtime``."""

    algorithm: ClassVar[Any] = None
    library: ClassVar[Any] = None
    salt_entropy = 128

    def _load_library(self) -> Any:
        if self.library is None:
            raise ValueError(f"Hasher {type(self).__name__!r} doesn't specify a library attribute")
        name, path = self.library if isinstance(self.library, tuple | list) else (self.library, self.library)
        try:
            return importlib.import_module(path)
        except ImportError as error:
            raise ValueError(
                f"Couldn't load {type(self).__name__!r} algorithm library: {error}. Run 'pip install offbeat[{name}]'."
            )

    def salt(self) -> str:
        """A new salt of ``salt_entropy`` bits."""
        count = math.ceil(self.salt_entropy / math.log2(len(RANDOM_STRING_CHARS)))
        return get_random_string(count, allowed_chars=RANDOM_STRING_CHARS)

    def verify(self, password: Any, encoded: str) -> bool:
        """Whether the password is the one of the hash."""
        raise NotImplementedError("subclasses of BasePasswordHasher must provide a verify() method")

    def _check_encode_args(self, password: Any, salt: Any) -> None:
        if password is None:
            raise TypeError("password must be provided.")
        if not salt or "$" in force_str(salt):
            raise ValueError("salt must be provided and cannot contain $.")

    def encode(self, password: Any, salt: Any) -> str:
        """The text to store."""
        raise NotImplementedError("subclasses of BasePasswordHasher must provide an encode() method")

    def decode(self, encoded: str) -> dict[str, Any]:
        """The parts of a hash: ``algorithm``, ``hash``, ``salt`` and parameters."""
        raise NotImplementedError("subclasses of BasePasswordHasher must provide a decode() method.")

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """What may be shown of a hash."""
        raise NotImplementedError("subclasses of BasePasswordHasher must provide a safe_summary() method")

    def must_update(self, encoded: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return False

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """Spend the time by which the hash is cheaper than one made today."""
        warnings.warn(
            "subclasses of BasePasswordHasher should provide a harden_runtime() method", stacklevel=2
        )


class PBKDF2PasswordHasher(BasePasswordHasher):
    """PBKDF2 with SHA-256 (RFC 8018 §5.2)."""

    algorithm = "pbkdf2_sha256"
    iterations = 1_500_000
    digest: Any = hashlib.sha256

    def encode(self, password: Any, salt: Any, iterations: int | None = None) -> str:
        self._check_encode_args(password, salt)
        iterations = iterations or self.iterations
        salt = force_str(salt)
        derived = pbkdf2(force_bytes(password), salt, iterations, digest=self.digest)
        return f"{self.algorithm}${iterations}${salt}${base64.b64encode(derived).decode('ascii').strip()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, iterations, salt, digest = encoded.split("$", 3)
        assert algorithm == self.algorithm
        return {"algorithm": algorithm, "hash": digest, "iterations": int(iterations), "salt": salt}

    def verify(self, password: Any, encoded: str) -> bool:
        decoded = self.decode(encoded)
        return constant_time_compare(encoded, self.encode(password, decoded["salt"], decoded["iterations"]))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            _("algorithm"): decoded["algorithm"],
            _("iterations"): decoded["iterations"],
            _("salt"): mask_hash(decoded["salt"]),
            _("hash"): mask_hash(decoded["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        decoded = self.decode(encoded)
        return decoded["iterations"] != self.iterations or must_update_salt(
            decoded["salt"], self.salt_entropy
        )

    def harden_runtime(self, password: Any, encoded: str) -> None:
        decoded = self.decode(encoded)
        extra = self.iterations - decoded["iterations"]
        if extra > 0:
            self.encode(password, decoded["salt"], extra)


class PBKDF2SHA1PasswordHasher(PBKDF2PasswordHasher):
    """PBKDF2 with SHA-1, for hashes of other systems."""

    algorithm = "pbkdf2_sha1"
    digest = hashlib.sha1


class Argon2PasswordHasher(BasePasswordHasher):
    """Argon2id (RFC 9106), by argon2-cffi."""

    algorithm = "argon2"
    library = "argon2"
    time_cost = 2
    memory_cost = 102400
    parallelism = 8

    def encode(self, password: Any, salt: Any) -> str:
        argon2 = self._load_library()
        params = self.params()
        data = argon2.low_level.hash_secret(
            force_bytes(password),
            force_bytes(salt),
            time_cost=params.time_cost,
            memory_cost=params.memory_cost,
            parallelism=params.parallelism,
            hash_len=params.hash_len,
            type=params.type,
        )
        return str(self.algorithm + data.decode("ascii"))

    def decode(self, encoded: str) -> dict[str, Any]:
        argon2 = self._load_library()
        algorithm, rest = encoded.split("$", 1)
        assert algorithm == self.algorithm
        params = argon2.extract_parameters("$" + rest)
        variety, *_, salt, digest = rest.split("$")
        # Their base64 has no padding.
        salt += "=" * (-len(salt) % 4)
        return {
            "algorithm": algorithm,
            "hash": digest,
            "memory_cost": params.memory_cost,
            "parallelism": params.parallelism,
            "salt": base64.b64decode(salt).decode("latin1"),
            "time_cost": params.time_cost,
            "variety": variety,
            "version": params.version,
            "params": params,
        }

    def verify(self, password: Any, encoded: str) -> bool:
        argon2 = self._load_library()
        algorithm, rest = encoded.split("$", 1)
        assert algorithm == self.algorithm
        try:
            return bool(argon2.PasswordHasher().verify("$" + rest, password))
        except argon2.exceptions.VerificationError:
            return False

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            _("algorithm"): decoded["algorithm"],
            _("variety"): decoded["variety"],
            _("version"): decoded["version"],
            _("memory cost"): decoded["memory_cost"],
            _("time cost"): decoded["time_cost"],
            _("parallelism"): decoded["parallelism"],
            _("salt"): mask_hash(decoded["salt"]),
            _("hash"): mask_hash(decoded["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        decoded = self.decode(encoded)
        wanted = self.params()
        wanted.salt_len = decoded["params"].salt_len
        return decoded["params"] != wanted or must_update_salt(decoded["salt"], self.salt_entropy)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """The cost has several parameters; there is nothing simple to add."""

    def params(self) -> Any:
        """The parameters of new hashes."""
        argon2 = self._load_library()
        return argon2.Parameters(
            type=argon2.low_level.Type.ID,
            version=argon2.low_level.ARGON2_VERSION,
            salt_len=argon2.DEFAULT_RANDOM_SALT_LENGTH,
            hash_len=argon2.DEFAULT_HASH_LENGTH,
            time_cost=self.time_cost,
            memory_cost=self.memory_cost,
            parallelism=self.parallelism,
        )


class BCryptSHA256PasswordHasher(BasePasswordHasher):
    """bcrypt over SHA-256, which lifts bcrypt's limit of 72 bytes."""

    algorithm = "bcrypt_sha256"
    digest: Any = hashlib.sha256
    library: ClassVar[Any] = ("bcrypt", "bcrypt")
    rounds = 12

    def salt(self) -> Any:
        return self._load_library().gensalt(self.rounds)

    def encode(self, password: Any, salt: Any) -> str:
        bcrypt = self._load_library()
        password = force_bytes(password)
        if self.digest is not None:
            # A raw digest may hold a zero byte, at which bcrypt would stop.
            password = binascii.hexlify(self.digest(password).digest())
        data = bcrypt.hashpw(password, force_bytes(salt))
        return f"{self.algorithm}${data.decode('ascii')}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, empty, algostr, work_factor, data = encoded.split("$", 4)
        assert algorithm == self.algorithm and not empty
        return {
            "algorithm": algorithm,
            "algostr": algostr,
            "checksum": data[22:],
            "salt": data[:22],
            "work_factor": int(work_factor),
        }

    def verify(self, password: Any, encoded: str) -> bool:
        algorithm, data = encoded.split("$", 1)
        assert algorithm == self.algorithm
        return constant_time_compare(encoded, self.encode(password, data.encode("ascii")))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            _("algorithm"): decoded["algorithm"],
            _("work factor"): decoded["work_factor"],
            _("salt"): mask_hash(decoded["salt"]),
            _("checksum"): mask_hash(decoded["checksum"]),
        }

    def must_update(self, encoded: str) -> bool:
        return bool(self.decode(encoded)["work_factor"] != self.rounds)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        _, data = encoded.split("$", 1)
        rounds = data.split("$")[2]
        # The cost is a power of two: the difference is a number of runs.
        for _run in range(2**self.rounds - 2 ** int(rounds) if self.rounds > int(rounds) else 0):
            self.encode(password, data[:29].encode("ascii"))


class BCryptPasswordHasher(BCryptSHA256PasswordHasher):
    """Plain bcrypt, for hashes of other systems."""

    algorithm = "bcrypt"
    digest = None


class ScryptPasswordHasher(BasePasswordHasher):
    """scrypt (RFC 7914)."""

    algorithm = "scrypt"
    block_size = 8
    maxmem = 0
    parallelism = 5
    work_factor = 2**14

    def encode(
        self, password: Any, salt: Any, n: int | None = None, r: int | None = None, p: int | None = None
    ) -> str:
        self._check_encode_args(password, salt)
        n, r, p = n or self.work_factor, r or self.block_size, p or self.parallelism
        salt = force_str(salt)
        derived = hashlib.scrypt(
            force_bytes(password), salt=force_bytes(salt), n=n, r=r, p=p, maxmem=self.maxmem, dklen=64
        )
        return f"{self.algorithm}${n}${salt}${r}${p}${base64.b64encode(derived).decode('ascii').strip()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, work_factor, salt, block_size, parallelism, digest = encoded.split("$", 6)
        assert algorithm == self.algorithm
        return {
            "algorithm": algorithm,
            "work_factor": int(work_factor),
            "salt": salt,
            "block_size": int(block_size),
            "parallelism": int(parallelism),
            "hash": digest,
        }

    def verify(self, password: Any, encoded: str) -> bool:
        decoded = self.decode(encoded)
        again = self.encode(
            password, decoded["salt"], decoded["work_factor"], decoded["block_size"], decoded["parallelism"]
        )
        return constant_time_compare(decoded["hash"], again.split("$")[-1])

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            _("algorithm"): decoded["algorithm"],
            _("work factor"): decoded["work_factor"],
            _("block size"): decoded["block_size"],
            _("parallelism"): decoded["parallelism"],
            _("salt"): mask_hash(decoded["salt"]),
            _("hash"): mask_hash(decoded["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        decoded = self.decode(encoded)
        wanted = (self.work_factor, self.block_size, self.parallelism)
        return (decoded["work_factor"], decoded["block_size"], decoded["parallelism"]) != wanted

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """The cost has several parameters; there is nothing simple to add."""


class MD5PasswordHasher(BasePasswordHasher):
    """Salted MD5: for tests, where speed is all that matters."""

    algorithm = "md5"

    def encode(self, password: Any, salt: Any) -> str:
        self._check_encode_args(password, salt)
        salt = force_str(salt)
        return f"{self.algorithm}${salt}${hashlib.md5(force_bytes(salt) + force_bytes(password)).hexdigest()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, salt, digest = encoded.split("$", 2)
        assert algorithm == self.algorithm
        return {"algorithm": algorithm, "hash": digest, "salt": salt}

    def verify(self, password: Any, encoded: str) -> bool:
        decoded = self.decode(encoded)
        return constant_time_compare(encoded, self.encode(password, decoded["salt"]))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        decoded = self.decode(encoded)
        return {
            _("algorithm"): decoded["algorithm"],
            _("salt"): mask_hash(decoded["salt"], show=2),
            _("hash"): mask_hash(decoded["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        return must_update_salt(self.decode(encoded)["salt"], self.salt_entropy)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """One round: there is no time to add."""
