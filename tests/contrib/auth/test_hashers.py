"""Password hashes: the format, its upgrade, and what may be shown of it."""

from __future__ import annotations

import threading

import pytest

from offbeat.concurrency import spawn
from offbeat.contrib.auth import hashers
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test.utils import override_settings

PATH = "offbeat.contrib.auth.hashers."
ALL = [
    PATH + name
    for name in (
        "PBKDF2PasswordHasher",
        "PBKDF2SHA1PasswordHasher",
        "Argon2PasswordHasher",
        "BCryptSHA256PasswordHasher",
        "BCryptPasswordHasher",
        "ScryptPasswordHasher",
        "MD5PasswordHasher",
    )
]
# Made by Django 6.1.3 of the password "lètmein".
SALTED = {
    "pbkdf2_sha256": "pbkdf2_sha256$1500000$seasalt$P4UiMPVduVWIL/oS1GzH+IofsccjJNM5hUTikBvi5to=",
    "pbkdf2_sha1": "pbkdf2_sha1$1500000$seasalt$cZyQg7qlxmOKMk6Nu6oqAt9XIkY=",
    "scrypt": "scrypt$16384$seasalt$8$5$ECMIUp+LMxMSK8xB/IVyba+KYGTI7FTnet025q/1f/vBAVnnP3hdYqJuRi+mJn6ji6ze3Fbb7JEFPKGpuEf5vw==",
    "md5": "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3",
}
RANDOM = {
    "argon2": "argon2$argon2id$v=19$m=102400,t=2,p=8$TGJrN2YxVnZ3eVRwTjh6V1VsWk5wcw$AuDo8XTGuF3w6wExVkxdq3DH39tbjxJn7+boB8xXcmg",
    "bcrypt_sha256": "bcrypt_sha256$$2b$12$At8GSyla.ihTQSqivtBOrORWpxzHfMvHihLS3r4hKwNQok73hI6U.",
    "bcrypt": "bcrypt$$2b$12$9BMWy5wIRqw35NDljKKVVOBFjWAl1b8UVbZkVt1k4NHl19cKwNoUq",
}


@pytest.fixture(autouse=True)
def all_hashers():
    with override_settings(PASSWORD_HASHERS=ALL):
        yield


def test_the_documented_example_of_pbkdf2():
    encoded = "pbkdf2_sha256$1500000$seasalt$LP8jKndDIjQVqj/15NTEDirLn/FcNe+zxFt+UYeFjzU="
    assert hashers.make_password("secret", "seasalt") == encoded


@pytest.mark.parametrize("algorithm", SALTED)
def test_hashes_are_the_bytes_that_existing_databases_hold(algorithm):
    assert hashers.make_password("lètmein", "seasalt", algorithm) == SALTED[algorithm]


@pytest.mark.parametrize("algorithm", [*SALTED, *RANDOM])
def test_existing_hashes_are_recognised(algorithm):
    encoded = {**SALTED, **RANDOM}[algorithm]
    hasher = hashers.identify_hasher(encoded)
    assert hasher.algorithm == algorithm
    assert hashers.check_password("lètmein", encoded)
    assert not hashers.check_password("letmein", encoded)


@pytest.mark.parametrize("algorithm", [*SALTED, *RANDOM])
def test_the_summary_hides_the_hash(algorithm):
    encoded = {**SALTED, **RANDOM}[algorithm]
    shown = hashers.identify_hasher(encoded).safe_summary(encoded)
    assert shown["algorithm"] == algorithm
    secret = encoded.split("$")[-1]
    assert all(secret[-12:] not in str(value) for value in shown.values())


def test_a_new_hash_has_a_salt_of_its_own():
    one, other = (hashers.make_password("x", hasher="md5") for _ in range(2))
    assert one != other
    assert len(one.split("$")[1]) >= 22


def test_none_makes_a_password_that_nothing_matches():
    encoded = hashers.make_password(None)
    assert encoded.startswith(hashers.UNUSABLE_PASSWORD_PREFIX)
    assert not hashers.is_password_usable(encoded)
    assert not hashers.check_password(None, encoded)
    assert not hashers.check_password(encoded, encoded)
    assert hashers.make_password(None) != encoded
    assert hashers.is_password_usable("anything else")
    assert hashers.is_password_usable(None)


@pytest.mark.parametrize("password", [3, [], object()])
def test_only_text_and_bytes_are_passwords(password):
    with pytest.raises(TypeError, match="Password must be a string or bytes"):
        hashers.make_password(password)


def test_bytes_and_text_make_the_same_hash():
    assert hashers.make_password("lètmein".encode(), "seasalt", "md5") == SALTED["md5"]


@pytest.mark.parametrize("salt", ["a$b", "$"])
def test_a_salt_may_not_contain_the_separator(salt):
    with pytest.raises(ValueError, match="salt"):
        hashers.make_password("x", salt, "md5")


@pytest.mark.parametrize("encoded", ["", "no separators", "unknown$1$2", None])
def test_broken_hashes_match_nothing(encoded):
    assert not hashers.check_password("", encoded)
    assert not hashers.check_password("x", encoded)


def test_unknown_algorithms():
    with pytest.raises(ValueError, match="Unknown password hashing algorithm 'nope'"):
        hashers.get_hasher("nope")
    with override_settings(PASSWORD_HASHERS=["offbeat.contrib.auth.hashers.BasePasswordHasher"]):
        with pytest.raises(ImproperlyConfigured, match="doesn't specify an algorithm name"):
            hashers.get_hashers()


class Upgrade:
    def __init__(self):
        self.passwords = []

    def setter(self, password):
        self.passwords.append(password)

    async def asetter(self, password):
        self.passwords.append(password)


def test_a_hash_of_fewer_iterations_is_due_for_an_upgrade():
    old = hashers.get_hasher("pbkdf2_sha256").encode("x", "s" * 22, 1)
    upgrade = Upgrade()
    assert hashers.check_password("x", old, upgrade.setter)
    assert upgrade.passwords == ["x"]
    assert not hashers.check_password("y", old, upgrade.setter)
    assert upgrade.passwords == ["x"]


def test_a_hash_of_today_is_left_alone():
    upgrade = Upgrade()
    assert hashers.check_password("x", hashers.make_password("x"), upgrade.setter)
    assert upgrade.passwords == []


def test_a_short_salt_and_another_algorithm_are_due_too():
    for encoded in (hashers.make_password("x", "short"), hashers.make_password("x", hasher="md5")):
        upgrade = Upgrade()
        assert hashers.check_password("x", encoded, upgrade.setter)
        assert upgrade.passwords == ["x"]


async def test_an_asynchronous_setter_is_awaited():
    upgrade = Upgrade()
    old = hashers.make_password("x", hasher="md5")
    assert await hashers.acheck_password("x", old, upgrade.asetter)
    assert upgrade.passwords == ["x"]


def test_a_wrong_password_for_a_cheap_hash_takes_the_time_of_a_dear_one(monkeypatch):
    hasher = hashers.get_hasher("pbkdf2_sha256")
    old = hasher.encode("x", "s" * 22, 10)
    rounds = []
    encode = type(hasher).encode
    monkeypatch.setattr(type(hasher), "iterations", 50)

    def counted(self, password, salt, iterations=None):
        rounds.append(iterations or self.iterations)
        return encode(self, password, salt, iterations)

    monkeypatch.setattr(type(hasher), "encode", counted)
    assert not hashers.check_password("wrong", old)
    assert sum(rounds) == 50


async def test_the_loop_goes_on_while_a_key_is_derived(monkeypatch):
    threads = []
    encode = hashers.MD5PasswordHasher.encode

    def noted(self, password, salt):
        threads.append(threading.get_ident())
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", noted)
    await spawn(hashers.make_password, "x", None, "md5")
    assert threads != [threading.get_ident()]


def test_a_hasher_without_its_library_says_what_to_install(monkeypatch):
    class Hasher(hashers.BasePasswordHasher):
        algorithm = "x"
        library = ("argon2", "no_such_library")

    with pytest.raises(ValueError, match=r"pip install offbeat\[argon2\]"):
        Hasher()._load_library()
