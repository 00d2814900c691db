"""A private PostgreSQL for the suite: made in a temporary directory, reached by a socket in it, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
MISSING = "PostgreSQL is not installed: apt-get install postgresql" if not INSTALLED else ""


@contextmanager
def running_cluster(port: int | None = None, network: str = "127.0.0.0/8") -> Iterator[str]:
    """Start a cluster and yield its folder; with a port it is reached over TCP too, from one network."""
    folder = Path(tempfile.mkdtemp(prefix="gpumix-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _run("initdb", "-D", folder / "cluster", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
        with (folder / "cluster" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {network} trust\n")
        where = "-c listen_addresses=" if port is None else f"-c listen_addresses=* -c port={port}"
        settings = f"-k {folder} {where} -c fsync=off -c full_page_writes=off"
        _run("pg_ctl", "-D", folder / "cluster", "-l", folder / "log", "-o", settings, "-w", "start")
        try:
            yield str(folder)
        finally:
            _run("pg_ctl", "-D", folder / "cluster", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url_of(folder: str) -> str:
    """Return the URL of the one database of the cluster in a folder."""
    return f"postgresql://postgres@/postgres?host={folder}"


def _run(program: str, *arguments: object) -> None:
    """Run a program of the newest PostgreSQL, as the user postgres where we are root, which it refuses."""
    command = [str(INSTALLED[-1].with_name(program)), *map(str, arguments)]
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
