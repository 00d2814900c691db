"""The command as a user runs it: a process of its own, its two streams and its exit code."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GPUMIX = Path(sys.executable).with_name("gpumix")
QUESTION = "cheapest config for 10 tok/s at 8K"
REQUEST = "model: llama-3.1-70b\nworkload: {users: 8, tok_per_s_per_user: 20, context_tokens: 8192}\n"


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """Return the environment without any setting of gpumix, changed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GPUMIX_", "NO_COLOR"))}
    return {**kept, **changes}


def run(*arguments: str, stdin: str | bytes = "", cwd: Path | None = None, **settings: str) -> Ran:
    """Run gpumix with `stdin`, away from any terminal."""
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run(
        [str(GPUMIX), *arguments], input=given, capture_output=True, cwd=cwd, env=environment(**settings), check=False
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@cache
def ran(*arguments: str) -> Ran:
    """Return what a command without input does; each is run once."""
    return run(*arguments)


@cache
def saved_plan() -> str:
    """Return the plan of the usual question, as JSON."""
    done = ran("ask", QUESTION, "--json")
    assert done.code == 0, done.err
    return done.out
