"""Quotas in vCPUs: one pool for families of instance types, in one region of a provider, on one market.

A key is `provider/region/FAMILY[+FAMILY...]/MARKET vCPUs`: `aws/us-east-1/P/on_demand vCPUs` is what AWS calls
"Running On-Demand P instances". A family is the start of a type's name up to a change between letters and digits: P is
p4d and p5en, P5 is p5 and p5en, Standard_ND is every size of Azure's ND. What runs under a reservation or savings plan
runs on demand, at another price. Capacity Blocks have quotas of their own.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pricing.offers import Offer, Term

_KEY = re.compile(r"^(?P<provider>[^/ ]+)/(?P<region>[^/]+)/(?P<families>[\w+.-]+)/(?P<market>on_demand|spot) vCPUs$")
_TERMS: dict[str, tuple[Term, ...]] = {"on_demand": ("on_demand", "reserved_1y", "reserved_3y"), "spot": ("spot",)}


@dataclass(frozen=True, slots=True)
class VcpuPool:
    """What a key speaks of."""

    provider: str
    region: str
    families: tuple[str, ...]
    terms: tuple[Term, ...]

    def counts(self, offer: Offer) -> bool:
        """Return whether an instance of an offer takes vCPUs of this pool."""
        return (
            offer.region == self.region
            and offer.provider == self.provider
            and offer.term in self.terms
            and any(_in_family(offer.instance_type.lower(), family) for family in self.families)
        )


@lru_cache(maxsize=4096)
def vcpu_pool(key: str) -> VcpuPool | None:
    """Return the pool of a key, or None where it is a quota of another kind."""
    match = _KEY.match(key)
    if match is None:
        return None
    families = tuple(family.lower() for family in match["families"].split("+") if family)
    return VcpuPool(match["provider"], match["region"], families, _TERMS[match["market"]])


def _in_family(instance_type: str, family: str) -> bool:
    following = instance_type[len(family) : len(family) + 1]
    whole = not following or following.isdigit() != family[-1].isdigit() or not following.isalnum()
    return instance_type.startswith(family) and whole
