"""What spot instances are trusted with: how many may be taken back at once."""

from api.question.draft import Draft
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import count
from api.question.readers.limits import SURVIVE

MOST_LOSSES = 10
KIND = "(spot|preemptible|interruptible)"
EVENT = (
    "(preemption|preemptions|pre-emption|pre-emptions|interruption|interruptions|spot interruption|"
    "spot interruptions|eviction|evictions|spot eviction|spot evictions|spot loss|spot losses|reclaim|reclaims|"
    "spot preemption|spot preemptions)"
)
INSTANCES = f"{KIND} (instance|instances|node|nodes|vm|vms|machine|machines|server|servers)"
AT_ONCE = "(at once|at a time|at the same time|simultaneously)"
SINGLE = "(one|a|an|any|any one|any single|a single|single)"


@reads(
    f"{SURVIVE} [up to|any] <number> [simultaneous] ({EVENT}|{INSTANCES}) [{AT_ONCE}]",
    f"{SURVIVE} [up to|any] <number> [lost] {INSTANCES} [{AT_ONCE}]",
    f"<number> {EVENT} (tolerated|survived|allowed) [{AT_ONCE}]",
)
def spot_losses(found: Found, draft: Draft) -> None:
    """Serve on without so many spot instances, which allows spot: `tolerate 2 preemptions`."""
    _tolerate(draft, count(found, "preemptions", most=MOST_LOSSES), found.text)


@reads(
    f"{SURVIVE} [{SINGLE}] (preemption|pre-emption|interruption|spot interruption|eviction|spot eviction|spot loss|"
    "spot preemption|reclaim)",
    f"{SURVIVE} [{SINGLE}] {KIND} (instance|node|vm|machine|server)",
    f"{SURVIVE} (preemption|preemptions|interruptions|evictions|spot interruptions|spot evictions|spot losses)",
    "(preemption tolerant|preemption-tolerant|preemption safe|spot safe|interruption tolerant|eviction tolerant)",
)
def one_spot_loss(found: Found, draft: Draft) -> None:
    """Serve on without any one spot instance, which allows spot: `survive a preemption`, `preemption tolerant`."""
    draft.assume(f"“{found.text}”: the load is still served when any one spot instance is taken back.")
    _tolerate(draft, 1, found.text)


def _tolerate(draft: Draft, losses: int, words: str) -> None:
    draft.spot_losses.say(losses, words)
    draft.terms.add(("spot",), words)


READERS: tuple[Reader, ...] = (spot_losses, one_spot_loss)
