"""Placeholder text (Django documentation: ref/templates/builtins, tag "lorem")."""

from __future__ import annotations

import random

__all__ = ["COMMON_P", "COMMON_WORDS", "WORDS", "paragraph", "paragraphs", "sentence", "words"]

COMMON_P = (
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo "
    "consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla "
    "pariatur. Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est "
    "laborum."
)
_COMMON = (
    "lorem ipsum dolor sit amet consectetur adipisicing elit sed do eiusmod tempor incididunt ut labore "
    "et dolore magna aliqua"
)
_LATIN = (
    "ab accusamus accusantium ad alias aliquam amet animi aperiam architecto asperiores aspernatur "
    "assumenda at aut autem beatae blanditiis commodi consectetur consequatur corporis corrupti culpa cum "
    "cupiditate debitis delectus deleniti dicta dignissimos dolor dolore dolorem doloribus ducimus ea "
    "earum eius eligendi enim eos error esse est et eum eveniet ex excepturi exercitationem expedita "
    "explicabo facere facilis fuga fugiat harum hic id illo illum impedit in incidunt inventore ipsa "
    "ipsam ipsum iste itaque iure iusto labore laboriosam laborum laudantium libero magnam magni maiores "
    "maxime minima minus modi molestiae molestias mollitia natus necessitatibus nemo neque nihil nisi "
    "nobis non nostrum nulla numquam obcaecati odio odit officia officiis omnis optio pariatur "
    "perferendis perspiciatis placeat porro possimus praesentium provident quae quaerat quam quas quasi "
    "qui quia quibusdam quidem quis quisquam quo quod quos ratione recusandae reiciendis rem repellat "
    "repellendus reprehenderit repudiandae rerum saepe sapiente sed sequi similique sint sit soluta sunt "
    "suscipit tempora tempore tenetur totam ullam unde ut vel velit veniam veritatis vero vitae voluptas "
    "voluptate voluptatem voluptates voluptatibus voluptatum"
)
COMMON_WORDS = tuple(_COMMON.split())
WORDS = tuple(_LATIN.split())


def sentence() -> str:
    """One random sentence."""
    sections = [" ".join(random.sample(WORDS, random.randint(3, 12))) for _ in range(random.randint(1, 5))]
    text = ", ".join(sections)
    return f"{text[0].upper()}{text[1:]}{random.choice('?.')}"


def paragraph() -> str:
    """One random paragraph of one to four sentences."""
    return " ".join(sentence() for _ in range(random.randint(1, 4)))


def paragraphs(count: int, common: bool = True) -> list[str]:
    """``count`` paragraphs; the first is the well-known one if ``common``."""
    return [COMMON_P if common and i == 0 else paragraph() for i in range(count)]


def words(count: int, common: bool = True) -> str:
    """``count`` words; the first are the well-known ones if ``common``."""
    chosen: list[str] = list(COMMON_WORDS[:count]) if common else []
    while len(chosen) < count:
        chosen += random.sample(WORDS, min(count - len(chosen), len(WORDS)))
    return " ".join(chosen)
