"""The page of all commands, from the command line itself."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from api.cli import app

HEAD = """# Every command

`gpumix COMMAND --help` prints the same. This page is written from the command line by the tests
(`GOLDEN=write make test`), which fail while it says something else. With `GPUMIX_DEBUG=1` an internal error shows where
it is.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # the app is a group
        children = getattr(command, "commands", None)
        if children is None:
            yield name, command
        else:
            yield from ((f"{name} {child}", one) for child, one in children.items())


def reference() -> str:
    """Return the page."""
    return HEAD + "".join(_section(name, command) for name, command in commands())


def _section(name: str, command: Any) -> str:
    paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    usage = " ".join([f"gpumix {name}", *(_place(item) for item in command.params if _is_argument(item)), "[OPTIONS]"])
    text = [f"\n## `gpumix {name}`\n", f"    {usage}\n"]
    text += [f"    {part}\n" if _is_example(part) else f"{part}\n" for part in paragraphs if part]
    rows = [f"| {_spelling(item)} | {_meaning(item)} |" for item in command.params if item.name != "help"]
    if rows:
        text.append("\n".join(("| | |", "|---|---|", *rows)) + "\n")
    return "\n".join(text)


def _is_example(paragraph: str) -> bool:
    return paragraph.startswith(("gpumix ", "echo "))


def _is_argument(item: Any) -> bool:
    return bool(item.param_type_name == "argument")


def _place(item: Any) -> str:
    return str(item.metavar or item.name.upper())


def _spelling(item: Any) -> str:
    if _is_argument(item):
        return f"`{_place(item)}`"
    names = [*item.opts, *item.secondary_opts]
    value = f" {item.metavar}".replace("|", "\\|") if item.metavar else ""
    return ", ".join(f"`{name}{value}`" for name in names)


def _meaning(item: Any) -> str:
    notes = []
    if item.required and not _is_argument(item):
        notes.append("needed")
    if not item.required and item.default not in (None, False, True, ()):
        default = getattr(item.default, "value", item.default)
        notes.append(f"default `{default}`")
    text = " ".join((item.help or "").split()).replace("|", "\\|")
    return f"{text} ({', '.join(notes)})" if notes else text
