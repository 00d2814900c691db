"""Where a replica is started: what an engine's command needs to know of the place."""

from collections.abc import Callable
from dataclasses import dataclass

from api.launch.replicas import Replicas


@dataclass(frozen=True, slots=True)
class Site:
    """A place to start a replica: its port, and over several nodes the address of the head and the rank of a worker.

    `address` and `rank` may be shell variables. `copies` replicas run behind the port.
    """

    port: int = 8000
    address: str = "HEAD_ADDRESS"
    rank: str = "1"
    copies: int = 1


Lines = Callable[[Replicas, Site], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Starter:
    """The shell lines that start an engine: on the head (or only) node, and on each worker.

    `workers_join`: workers find the head by themselves, so that an orchestrator can start all nodes alike.
    `many_behind_one_port`: the engine runs several replicas behind one port. `install` is for a fresh machine, blank
    where the image is used instead; `path` is where the image keeps its programs, blank where they are found anyway.
    """

    head: Lines
    worker: Lines
    workers_join: bool
    many_behind_one_port: bool
    install: str
    image: str
    path: str = ""

    def in_container(self, lines: tuple[str, ...]) -> str:
        """Return shell lines as the script of a container of the image."""
        return "".join(f"{line}\n" for line in (*((f"PATH=$PATH:{self.path}",) if self.path else ()), *lines))
