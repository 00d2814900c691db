"""`gpumix prices status`: how old the prices are, what was left out and why, and how the last refreshes went."""

import sys
from datetime import UTC, datetime

from api.commands.options import AsJson


def status(as_json: AsJson = False) -> None:
    """Show, per provider, how many offers there are, how old, what was left out and why, and the last refreshes."""
    from api.documents import to_json
    from api.render.prices import status_text
    from api.standing import stored_status

    document = stored_status(datetime.now(UTC))
    sys.stdout.write(f"{to_json(document) if as_json else status_text(document)}\n")
