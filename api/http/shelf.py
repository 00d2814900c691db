"""The shelf: finished plans by content id, the most recent ones in memory, shared between workers through files."""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from api.http.logs import LOG
from api.http.plan_documents import PlanDocument, plan_document
from api.http.responses import Document

WRITES_BETWEEN_PRUNINGS = 64
TABLES_KEPT = 128


class Shelf:
    """A bounded store of plans. Used from one thread; other processes may share its directory."""

    def __init__(self, most: int, directory: Path | None = None) -> None:
        self.most, self.directory = most, directory
        self._plans: OrderedDict[str, PlanDocument] = OrderedDict()
        self._tables: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._writes = 0

    def __len__(self) -> int:
        return len(self._plans)

    def get(self, key: str) -> PlanDocument | None:
        """Return a plan, or None. `key` is of our own making, never a client's text."""
        found = self._plans.get(key)
        if found is not None:
            self._plans.move_to_end(key)
            return found
        return self._read(key)

    def put(self, key: str, plan: PlanDocument) -> None:
        """Keep a plan; the one that was not asked for the longest makes room."""
        self._keep(key, plan)
        if self.directory is not None:
            self._write(self.directory / f"{key}.json", plan.document.body)

    def table(self, plan: PlanDocument, form: str, make: Callable[[], Document]) -> Document:
        """Return another form of a plan, made once."""
        key = (plan.document.tag, form)
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = make()
            if len(self._tables) > TABLES_KEPT:
                self._tables.popitem(last=False)
        self._tables.move_to_end(key)
        return found

    def _keep(self, key: str, plan: PlanDocument) -> None:
        self._plans[key] = plan
        self._plans.move_to_end(key)
        while len(self._plans) > self.most:
            self._plans.popitem(last=False)

    def _read(self, key: str) -> PlanDocument | None:
        if self.directory is None:
            return None
        try:
            plan = plan_document((self.directory / f"{key}.json").read_bytes())
        except FileNotFoundError:
            return None
        self._keep(key, plan)
        return plan

    def _write(self, path: Path, body: bytes) -> None:
        """Write so that a reader sees all of it or nothing."""
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            draft.write_bytes(body)
            draft.replace(path)
        except OSError as error:  # a full disk: the plan is in memory, the other workers solve it themselves
            LOG.warning("plan not shared between workers", cause=error.strerror)
            draft.unlink(missing_ok=True)
            return
        self._writes += 1
        if self._writes % WRITES_BETWEEN_PRUNINGS == 0:
            self._prune(path.parent)

    def _prune(self, directory: Path) -> None:
        """Remove the oldest files beyond `most`; another worker may be doing the same."""
        dated = []
        for path in directory.glob("*.json"):
            try:
                dated.append((path.stat().st_mtime, path))
            except FileNotFoundError:
                continue
        for _, path in sorted(dated, reverse=True)[self.most :]:
            path.unlink(missing_ok=True)
