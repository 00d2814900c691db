"""How the fleet may look: how many instances and kinds, how much spot, what it must survive, when it runs."""

from api.question.draft import Draft
from api.question.quantities import Quantity
from api.question.reader import Found, Reader, reads
from api.question.readers.bounds import count, fraction, positive
from api.question.readers.phrases import AT_MOST

INSTANCES = (
    "(instances|instance|machines|machine|nodes|node|vms|vm|servers|server|boxes|box|hosts|computers|virtual machines)"
)
KINDS = (
    "(kinds|kind|types|type|sorts|instance types|instance type|kinds of instance|kinds of instances|types of instance|"
    "types of instances|gpu types|kinds of machine|kinds of machines|different instances|machine types|different types|"
    "different kinds|sku|skus|shapes)"
)
LOSS = "(losing|the loss of|loss of|losing of|failure of|the failure of|outage of|an outage of|failing)"
SURVIVE = (
    "(survive|survives|surviving|tolerate|tolerates|tolerating|withstand|withstands|resilient to|robust to|"
    f"handle) [{LOSS}]"
)
ONE = "(one|a|an|any|any one|any single|a single|one whole|an entire|1|the)"


@reads(
    f"[{AT_MOST}] (single|one|1|a single|only one) {INSTANCES} [only]",
    "(no multi node|not multi node|no multinode|not distributed|without multi node|all in one box)",
)
def one_instance(found: Found, draft: Draft) -> None:
    """Keep to one instance: `single node`, `one machine`, `no multi-node`."""
    draft.max_instances.say(1, found.text)


@reads(f"{AT_MOST} <number> {INSTANCES}", f"<number> {INSTANCES} (max|maximum|at most|or less|or fewer|tops)")
def instances(found: Found, draft: Draft) -> None:
    """Cap the number of instances: `at most 2 instances`, `max 3 nodes`, `no more than 4 machines`."""
    draft.max_instances.say(count(found, "instances"), found.text)


@reads(f"[on|with|across|over|using] <number> {INSTANCES}")
def some_instances(found: Found, draft: Draft) -> None:
    """Read a bare number of instances as a cap: `on 2 nodes`."""
    draft.assume(f"“{found.text}” is read as a limit: that many or fewer.")
    draft.max_instances.say(count(found, "instances"), found.text)


@reads(f"{AT_MOST} <number> {KINDS}", f"<number> {KINDS} (max|maximum|at most|or less|or fewer)")
def kinds(found: Found, draft: Draft) -> None:
    """Cap the kinds of instance: `max 2 kinds`, `at most 3 instance types`."""
    draft.max_kinds.say(count(found, "kinds"), found.text)


@reads(
    f"(one|single|a single|only one|1|same) {KINDS} [only]",
    "(homogeneous|homogenous|no mixing|dont mix|do not mix|no mixed gpus|no mix|not mixed|uniform fleet|all the same)",
)
def one_kind(found: Found, draft: Draft) -> None:
    """Keep to one kind of instance: `homogeneous`, `one kind`, `no mixing`."""
    draft.max_kinds.say(1, found.text)


@reads(
    f"[{AT_MOST}] <percent> [on|of|in|as|from] [the] (spot|spots|preemptible|spot instances|spot capacity|"
    "interruptible)",
    f"(spot|preemptible|spot share|spot fraction) [{AT_MOST}] [{AT_MOST}] <percent>",
)
def spot_share(found: Found, draft: Draft) -> None:
    """Cap the share of spot, which allows it: `at most 50% spot`, `max 30% preemptible`."""
    draft.max_spot_fraction.say(fraction(found.get("percent", float), "the share of spot", found.text), found.text)
    draft.terms.add(("on_demand", "spot"), found.text)


@reads(
    f"{SURVIVE} [{ONE}] [lost] (instance|machine|node|server|vm|host|box) [loss|failure|outage|failures]",
    "(instance|machine|node|server) (redundancy|failure tolerance|failover)",
)
def survive_an_instance(found: Found, draft: Draft) -> None:
    """Serve on without any one instance: `survive losing one instance`, `tolerate the loss of a node`."""
    draft.survive_loss.say("instance", found.text)


@reads(
    "(n+1|n + 1|n plus 1|n plus one|high availability|highly available|ha|redundant|redundancy|fault tolerant|failover|"
    "fault tolerance|no single point of failure|resilient|with failover|high available)",
)
def survive_something(found: Found, draft: Draft) -> None:
    """Serve on without one instance, unless the question says what may be lost: `N+1`, `HA`, `redundant`."""
    if draft.survive_loss.value is None:
        draft.assume(f"“{found.text}”: the load is still served when any one instance is lost.")
        draft.survive_loss.say("instance", found.text)


@reads(
    f"{SURVIVE} [{ONE}] [lost] (replica|gpu|copy) [loss|failure]",
    "(replica redundancy|redundant replicas|spare replica)",
)
def survive_a_replica(found: Found, draft: Draft) -> None:
    """Serve on without any one replica: `survive losing a replica`."""
    draft.survive_loss.say("replica", found.text)


@reads(
    f"{SURVIVE} [{ONE}] [lost] (zone|az|availability zone|datacenter|data center|region) [loss|failure|outage|"
    "failures]",
    "(multi zone|multizone|multi az|zone redundant|zone redundancy|zonal redundancy|across zones|across azs)",
)
def survive_a_zone(found: Found, draft: Draft) -> None:
    """Serve on without any one zone: `survive losing a zone`, `multi-AZ`."""
    draft.survive_loss.say("zone", found.text)


@reads(
    f"{SURVIVE} [{ONE}] [lost] (provider|cloud|cloud provider|vendor) [loss|failure|outage]",
    "(multi cloud|multicloud|multi provider|provider redundancy|cloud redundancy|across clouds|across providers)",
)
def survive_a_provider(found: Found, draft: Draft) -> None:
    """Serve on without any one provider: `survive losing a provider`, `multi-cloud`."""
    draft.survive_loss.say("provider", found.text)


@reads(
    "(no redundancy|no ha|not redundant|without redundancy|no failover|redundancy not needed|no high "
    "availability|not ha)"
)
def survive_nothing(found: Found, draft: Draft) -> None:
    """Keep no spare capacity, which is the default: `no redundancy`."""
    draft.survive_loss.say("none", found.text)


@reads("<number> (hours|h|hrs|hour) (a|per|/|each|every) day")
def hours_a_day(found: Found, draft: Draft) -> None:
    """Tell the hours of use, for the monthly cost: `8 hours a day`."""
    hours = positive(found.get("number", Quantity).value, "the hours of a day", found.text, most=24)
    draft.hours_per_month.say(round(730 * hours / 24, 6), found.text)


@reads("<number> (hours|h|hrs|hour) (a|per|/|each|every) month")
def hours_a_month(found: Found, draft: Draft) -> None:
    """Tell the hours of use of a month: `200 hours a month`."""
    hours = positive(found.get("number", Quantity).value, "the hours of a month", found.text, most=744)
    draft.hours_per_month.say(hours, found.text)


@reads("(24/7|24 / 7|24x7|around the clock|all day every day|always on|24 hours a day)")
def always_on(found: Found, draft: Draft) -> None:
    """Run all the time, which is the default: `24/7`, `always on`."""
    draft.hours_per_month.say(730, found.text)


READERS: tuple[Reader, ...] = (
    one_instance,
    instances,
    some_instances,
    kinds,
    one_kind,
    spot_share,
    survive_an_instance,
    survive_a_replica,
    survive_a_zone,
    survive_a_provider,
    survive_nothing,
    survive_something,
    hours_a_day,
    hours_a_month,
    always_on,
)
