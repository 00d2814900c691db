"""The terminal: one console for results, at most 100 columns wide, colour only where it is wanted."""

import os
import sys

from rich.console import Console
from rich.text import Text

WIDEST = 100
LABEL_WIDTH = 12


class _ResultConsole(Console):
    """A console that leaves a closed pipe to the program: rich would end it with an error."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Return the console of stdout. NO_COLOR, FORCE_COLOR, TERM and COLUMNS are honoured; a pipe gets plain text."""
    width = int(os.environ.get("COLUMNS") or 0) or (min(Console().width, WIDEST) if sys.stdout.isatty() else WIDEST)
    return _ResultConsole(width=max(60, width), highlight=False, soft_wrap=False, emoji=False, markup=False)


def labelled(label: str, body: str | Text, width: int) -> Text:
    """Return a block with a label in the left column and the body wrapped beside it."""
    text = body if isinstance(body, Text) else Text(body)
    lines: list[Text] = []
    for paragraph in text.split("\n", allow_blank=True):
        lines += paragraph.wrap(_PLAIN, width - LABEL_WIDTH - 2)
    shown = Text()
    for number, line in enumerate(lines):
        line.rstrip()
        shown.append("  ")
        shown.append((label if number == 0 else "").ljust(LABEL_WIDTH), style="bold cyan" if number == 0 else "")
        shown.append_text(line)
        shown.append("\n")
    return shown


def apart(left: Text, right: Text, width: int) -> Text:
    """Put two texts at the two ends of a line, or below each other where they do not fit; drop an empty right one."""
    room = width - left.cell_len - right.cell_len
    text = left.copy()
    if not right.plain:
        return text.append("\n")
    if room < 2:
        text.append("\n")
        room = max(0, width - right.cell_len)
    return text.append(" " * room).append_text(right).append("\n")


_PLAIN = Console(width=WIDEST)
