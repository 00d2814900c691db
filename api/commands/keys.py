"""`gpumix keys`: who may use the HTTP API."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import AsJson
from catalog import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from api.http.keys import ApiKey

app = typer.Typer(help="The keys of the HTTP API: hashed in a file, with scopes.", no_args_is_help=True)

KeyFile = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="The key file; by default GPUMIX_API_KEYS.")
]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="read (plans, prices, facts), write (refresh prices too). Repeatable.")
    ] = None,
    file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: it is shown once, the file keeps only its hash.

    gpumix keys create finance-sheet --file keys.json
    """
    from api.http.keys import SCOPES, create_key

    scopes = [known for known in SCOPES if known in (scope or ["read"])]
    if unknown := set(scope or []) - set(SCOPES):
        raise InvalidInputError(f"there is no scope {', '.join(sorted(unknown))}", f"scopes: {', '.join(SCOPES)}")
    if not 1 <= len(name) <= 100:
        raise InvalidInputError("a key's name has 1 to 100 characters")
    key, token = create_key(_path(file), name, scopes)
    if as_json:
        _print_json({**_shown(key), "key": token})
        return
    sys.stdout.write(f"{token}\n")
    sys.stderr.write(f"key {key.key_id} for {key.name}: {', '.join(key.scopes)}; it cannot be shown again\n")


@app.command("list")
def list_keys(file: KeyFile = None, as_json: AsJson = False) -> None:
    """List the keys: ids, names, scopes; never the keys themselves."""
    from api.http.keys import read_keys
    from api.render.tables import table_text

    keys = read_keys(_path(file))
    if as_json:
        _print_json({"items": [_shown(key) for key in keys]})
        return
    rows = [(key.key_id, key.name, ", ".join(key.scopes), _day(key.created_at), _day(key.revoked_at)) for key in keys]
    sys.stdout.write(f"{table_text(('id', 'name', 'scopes', 'created', 'revoked'), rows)}\n")


@app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="The id of the key.")], file: KeyFile = None) -> None:
    """Revoke a key for good; a running server refuses it from the next request on."""
    from api.http.keys import revoke_key

    key = revoke_key(_path(file), key_id)
    sys.stderr.write(f"key {key.key_id} of {key.name} is revoked\n")


def _path(file: str | None) -> Path:
    found = file or os.environ.get("GPUMIX_API_KEYS")
    if not found:
        raise InvalidInputError("which key file?", "give --file FILE, or set GPUMIX_API_KEYS")
    return Path(found)


def _day(moment: "datetime | None") -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d}"


def _shown(key: "ApiKey") -> dict[str, object]:
    return key.model_dump(mode="json", exclude={"sha256"})


def _print_json(document: dict[str, object]) -> None:
    import json

    sys.stdout.write(f"{json.dumps(document, indent=2, ensure_ascii=False)}\n")
