"""Write the shipped snapshot from the raw listings: `python -m pricing.build`, or `--check` to compare only."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from catalog import InvalidDataError, load_catalog
from pricing.files import write_offers, write_rejections
from pricing.normalize import normalize
from pricing.quotes import load_quotes
from pricing.references import load_references, unknown_names


def build() -> Mapping[str, str]:
    """Return the shipped files by name: the same texts for the same tables. Raises InvalidDataError."""
    references, catalog = load_references(), load_catalog()
    if unknown := unknown_names(references, catalog):
        raise InvalidDataError(("pricing/data", 1, "name", f"{name!r} is not in the catalog") for name in unknown)
    normalized = normalize(load_quotes(), references, catalog)
    return {
        "snapshot.csv": write_offers(normalized.offers),
        "rejected.csv": write_rejections(normalized.rejections),
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the shipped files, or with --check say which differ; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m pricing.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a shipped file differs")
    check = parser.parse_args(arguments).check
    folder = Path(__file__).parent / "data"
    texts = build()
    stale = [name for name, text in texts.items() if not _holds(folder / name, text)]
    if not check:
        for name in stale:
            (folder / name).write_text(texts[name], encoding="utf-8", newline="")
    verb = "differs" if check else "written"
    sys.stderr.writelines(f"pricing/data/{name}: {verb}\n" for name in stale)
    return int(check and bool(stale))


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()


if __name__ == "__main__":
    sys.exit(main())
