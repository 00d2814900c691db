"""API keys: a file of hashes and scopes. A key is 256 random bits, so one fast hash of it is safe to keep."""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from catalog import InvalidInputError

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "gpumix"
SECRET_BYTES = 32


class ApiKey(BaseModel):
    """One key as it is kept: never the key, only its hash. `key_id` may be shown and logged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    created_at: datetime
    revoked_at: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the key may do something; who may write may read."""
        return self.revoked_at is None and (scope in self.scopes or "write" in self.scopes)


_KEYS: TypeAdapter[tuple[ApiKey, ...]] = TypeAdapter(tuple[ApiKey, ...])


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """Return the keys of a file; none where there is no file. Raises InvalidInputError where it cannot be read."""
    try:
        return _KEYS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError) as error:
        raise InvalidInputError(
            f"the key file {path} cannot be read", "it is written by: gpumix keys create"
        ) from error


def create_key(path: Path, name: str, scopes: Iterable[Scope], now: datetime | None = None) -> tuple[ApiKey, str]:
    """Add a key to a file and return it with its token, which nothing can show again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    token = f"{PREFIX}_{key_id}_{secret}"
    key = ApiKey(
        key_id=key_id,
        name=name,
        scopes=tuple(sorted(set(scopes))),
        sha256=_digest(token),
        created_at=now or datetime.now(UTC),
    )
    _write(path, (*read_keys(path), key))
    return key, token


def revoke_key(path: Path, key_id: str, now: datetime | None = None) -> ApiKey:
    """Revoke a key for good; a running server sees it at once. Raises InvalidInputError where there is no such key."""
    keys = read_keys(path)
    found = next((key for key in keys if key.key_id == key_id), None)
    if found is None:
        raise InvalidInputError(f"there is no key {key_id!r}", "see: gpumix keys list")
    revoked = found.model_copy(update={"revoked_at": found.revoked_at or now or datetime.now(UTC)})
    _write(path, tuple(revoked if key is found else key for key in keys))
    return revoked


@dataclass(slots=True)
class KeyRing:
    """The keys of a file, read again when the file changes."""

    path: Path
    _stamp: tuple[int, int] = (0, 0)
    _by_id: dict[str, ApiKey] | None = None

    def find(self, token: str) -> ApiKey | None:
        """Return the key of a token, or None; compared in constant time, whether or not the id exists."""
        key_id = token.split("_")[1] if token.count("_") >= 2 else ""
        key = self._keys().get(key_id)
        matches = hmac.compare_digest(_digest(token), key.sha256 if key else "0" * 64)
        return key if key is not None and matches and key.revoked_at is None else None

    def _keys(self) -> dict[str, ApiKey]:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            stamp = (0, 0)
        if self._by_id is None or stamp != self._stamp:
            self._by_id, self._stamp = {key.key_id: key for key in read_keys(self.path)}, stamp
        return self._by_id


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _write(path: Path, keys: tuple[ApiKey, ...]) -> None:
    """Replace the file in one step; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump([key.model_dump(mode="json") for key in keys], file, indent=2)
        file.write("\n")
    draft.replace(path)
