"""An artefact: one file that a plan is exported as."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file: its usual name, and its text, which ends with a line feed."""

    name: str
    text: str


def comment(lines: Iterable[str]) -> str:
    """Return lines as `#` comments, of YAML and of a shell; a line feed inside one cannot end it."""
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def yaml_text(document: Any) -> str:
    """Return a document as YAML in the order of its keys; text of several lines stands as a block."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes lists inside mappings indented, scripts as blocks, and equal parts out each time."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, width=120)
