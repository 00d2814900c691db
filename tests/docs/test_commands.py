"""Every command and every option is on the page of commands, in words."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.reference import commands, reference

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
COMMANDS = dict(commands())


ROOT = PAGE.parents[1]
SETTINGS = sorted(
    {
        name
        for package in ("api", "catalog", "optimizer", "pricing")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"GPUMIX_[A-Z_]*[A-Z]", path.read_text())
    }
)
PAGES = "".join(path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_is_described(setting: str) -> None:
    assert re.search(rf"`{setting}\b", PAGES)


def test_the_page_of_commands_is_current(check_golden: Callable[[Path, str], None]) -> None:
    check_golden(PAGE, reference())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_say_what_they_do(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    undescribed = [item.name for item in command.params if not item.help and item.name != "help"]
    assert undescribed == []
