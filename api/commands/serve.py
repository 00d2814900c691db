"""`gpumix serve`: the HTTP API and the page."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that serve.")] = 1,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine without keys: anyone may ask.")
    ] = False,
) -> None:
    """Serve the HTTP API and the page until interrupted; logs are JSON on stderr.

    gpumix serve --port 8000

    GPUMIX_API_KEYS=keys.json gpumix serve --host 0.0.0.0 --workers 2

    Beyond this machine it needs keys (gpumix keys create), or --insecure. Reference: /docs, and docs/api.md.
    """
    from api.http.serving import serve as run

    run(host, port, workers, insecure=insecure)
