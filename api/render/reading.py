"""How a question is read, as text."""

from rich.text import Text

from api.question import ParsedQuestion
from api.render.terminal import console, labelled


def reading_text(parsed: ParsedQuestion) -> str:
    """Return the reading, the assumptions and the words that were not understood."""
    width = console().width
    text = labelled("read as", parsed.interpretation, width)
    text.append_text(labelled("assumed", "\n".join(f"{note}" for note in parsed.assumptions) or "nothing", width))
    if parsed.ignored:
        text.append_text(labelled("ignored", Text(", ".join(parsed.ignored), style="yellow"), width))
    for hint in parsed.hints:
        text.append_text(labelled("hint", hint, width))
    return str(text).rstrip("\n")
