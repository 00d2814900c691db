"""Orchestrators that send requests to one port of an instance: what can stand behind it, and how large its disk is."""

import math

from api.launch.engines import starter
from api.launch.formats import download_gib
from api.launch.replicas import Replicas
from catalog import InvalidInputError

SYSTEM_DISK_GIB = 100
SMALLEST_DISK_GIB = 256


def copies_behind_one_port(replicas: Replicas, orchestrator: str) -> int:
    """Return the replicas behind the one port of an instance. Raises InvalidInputError where that cannot be."""
    line, found = replicas.line, starter(replicas)
    if line.count == 0 or (replicas.copies > 1 and not found.many_behind_one_port):
        raise InvalidInputError(
            f"line {replicas.number}: several servers share an instance, and {orchestrator} sends requests to one port",
            "gpumix export --to kubernetes gives each its GPUs",
        )
    if line.nodes_per_replica > 1 and not found.workers_join:
        raise InvalidInputError(
            f"line {replicas.number}: {line.engine} over several nodes is started from its head by hand",
            f"gpumix export --to {line.engine} gives its commands",
        )
    return replicas.copies


def disk_gib(replicas: Replicas) -> int:
    """Return a disk that holds the system and the weights, in steps of 64 GiB."""
    needed = SYSTEM_DISK_GIB + 1.2 * download_gib(replicas)
    return max(SMALLEST_DISK_GIB, 64 * math.ceil(needed / 64))
