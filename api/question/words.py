"""Cut a question into words: runs of letters, numbers and the symbols that carry meaning."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WORD = re.compile(
    r"""
    (?P<number>
        (?: (?<![^\s=<>~(:]) [-−] )?            # a sign, unless it joins two words as in us-east-1
        (?: [0-9]{1,3} (?: [,_][0-9]{3} )+ (?![0-9]) (?: \.[0-9]+ )?
          | [0-9]+ (?: \.[0-9]+ )*
          | (?<![\w.]) \.[0-9]+
        )
        (?: e[+-]?[0-9]+ (?![a-z0-9]) )?
    )
    | (?P<letters> (?<=[0-9]) x (?=[a-z]) | [^\W\d_]+ )      # the x of 8xH100 is a word
    | (?P<symbol> [/$%<>=≤≥@+×*,;&~≈→€£¥|] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
Kind = Literal["letters", "number", "symbol"]
KINDS: dict[str, Kind] = {"letters": "letters", "number": "number", "symbol": "symbol"}
POSSESSIVES = re.compile("(?<=\\w)['’ʼ]s\\b", re.IGNORECASE)
APOSTROPHES = re.compile("(?<=\\w)['’ʼ](?=\\w)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `text` folded to lower case, `raw` as written, `gap` what stood between the word before and this."""

    text: str
    raw: str
    gap: str
    kind: Kind

    @property
    def alphanumeric(self) -> bool:
        """Tell a letter run or number from a symbol."""
        return self.kind != "symbol"


Words = Sequence[Word]


def normalise(question: str) -> str:
    """Return `question` in Unicode's compatibility form; control characters become spaces, `don't` is `dont`."""
    plain = unicodedata.normalize("NFKC", question)
    printable = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in plain)
    return APOSTROPHES.sub("", POSSESSIVES.sub("", printable))


def split(text: str) -> tuple[Word, ...]:
    """Return the words of a normalised text; everything between them is kept as the gap before a word."""
    words = []
    end = 0
    for match in WORD.finditer(text):
        kind = KINDS[match.lastgroup or "symbol"]
        words.append(Word(match.group().lower(), match.group(), text[end : match.start()], kind))
        end = match.end()
    return tuple(words)


def glued(words: Words, index: int) -> bool:
    """Tell whether the word at `index` continues the letters or digits right before it, as `100` in `A100`."""
    if not 0 < index < len(words):
        return False
    return words[index].gap == "" and words[index].alphanumeric and words[index - 1].alphanumeric


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list written as one text."""
    return frozenset(text.split())


def spelled(words: Words, start: int, end: int) -> str:
    """Return the words from `start` to `end` as they were written."""
    return "".join((word.gap if at else "") + word.raw for at, word in enumerate(words[start:end]))
