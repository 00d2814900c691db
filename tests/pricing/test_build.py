"""The command that writes the shipped files."""

from pricing.build import main


def test_the_shipped_files_are_up_to_date():
    assert main(["--check"]) == 0
