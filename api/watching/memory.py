"""What was told of each plan, between runs: one small file a plan in the data directory."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import ValidationError

from api.measuring.store import replace_file
from api.watching.alerts import LastAlert
from catalog import InvalidInputError


class Memory:
    """Remembers the last alert of each plan."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or user_data_path("gpumix") / "watched"

    def last(self, plan_id: str) -> LastAlert | None:
        """Return what was told last of a plan; None where nothing was, or the file cannot be read."""
        try:
            return LastAlert.model_validate_json(self._path(plan_id).read_text("utf-8"))
        except (OSError, ValidationError):
            return None

    def keep(self, plan_id: str, alert: LastAlert | None) -> None:
        """Remember what was told. Raises InvalidInputError where it cannot be written."""
        path = self._path(plan_id)
        try:
            if alert is None:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, alert.model_dump_json())
        except OSError as error:
            raise InvalidInputError(
                f"{path} cannot be written: {error.strerror}", "set XDG_DATA_HOME to a directory of yours"
            ) from error

    def _path(self, plan_id: str) -> Path:
        return self._folder / f"{plan_id}.json"
