"""Where: providers, kinds of provider, regions, continents; and on which terms."""

from api.question.draft import Draft
from api.question.lexicon import Named
from api.question.reader import Found, Reader, reads
from api.question.readers.choices import adding_reader, choice_readers
from api.question.readers.phrases import ONLY, WITH, indifferent, refused, wanted
from api.question.vocabulary import CONTINENTS

LOOSE_CONTINENTS = {
    "eu": "“EU” is read as the continent Europe, which also has the UK, Norway and Switzerland.",
    "european union": "“EU” is read as the continent Europe, which also has the UK, Norway and Switzerland.",
    **dict.fromkeys(
        ("us", "usa", "united states", "america", "the us"),
        "“US” is read as North America, which also has Canada and Mexico.",
    ),
}


@reads(
    *wanted("places"),
    f"[{WITH}] <places> (based|hosted|located|regions|region|datacenter|datacenters) [{ONLY}]",
    wants=True,
)
def allow_places(found: Found, draft: Draft) -> None:
    """Allow only these places: `us-east-1`, `in the EU`, `in Europe`, `US only`, `eastus or westeurope`."""
    for named in found.get("places", tuple):
        continents, regions = _split(named, draft)
        draft.continents.allow(continents, found.text)
        draft.regions.allow(regions, found.text)
        if not named.ids:
            draft.unknown.append(("region", named.text))


@reads(*refused("places"))
def deny_places(found: Found, draft: Draft) -> None:
    """Leave these places out: `not in us-east-1`, `outside the US`, `anywhere but Asia`."""
    for named in found.get("places", tuple):
        continents, regions = _split(named, draft)
        draft.continents.deny(continents, found.text)
        draft.regions.deny(regions, found.text)


@reads(*indifferent("places"))
def mention_places(found: Found, draft: Draft) -> None:
    """Name a place and restrict nothing: `not only in Europe`."""
    draft.assume(f"“{found.text}” restricts nothing.")


@reads(f"[{WITH}] <stranger_region> [only]")
def unknown_region(found: Found, draft: Draft) -> None:
    """Refuse what has the form of a region but has no price."""
    draft.unknown.append(("region", found.get("stranger_region", str)))


@reads(
    "[on|from|with|including|at] (any|every|all) (host|hosts|seller|sellers|kind of host|kind of provider) [ok|"
    "allowed]",
    "(marketplaces and all|anyone|any tier|all tiers|wherever)",
)
def any_host(found: Found, draft: Draft) -> None:
    """Allow marketplace hosts besides the default: `any host`, `from any seller`."""
    draft.tiers.add(("marketplace",), found.text)


@reads("(any|all|every) (term|terms|pricing|price type|commitment|billing)")
def any_term(found: Found, draft: Draft) -> None:
    """Allow every term: `any term`."""
    draft.terms.add(("on_demand", "spot", "reserved_1y", "reserved_3y", "capacity_block"), found.text)


def _split(named: Named, draft: Draft) -> tuple[list[str], list[str]]:
    """Return (continents, regions) of a name, telling where a continent is more than what was said."""
    continents = [name for name in named.ids if name in CONTINENTS]
    note = LOOSE_CONTINENTS.get(named.text.lower().replace(".", ""))
    if note and continents:
        draft.assume(note)
    return continents, [name for name in named.ids if name not in CONTINENTS]


PROVIDERS = choice_readers(
    "providers", lambda draft: draft.providers, "provider", "`on AWS`, `only Azure or GCP`, `Lambda Labs`, `vast.ai`"
)
TIERS = (
    *choice_readers("tiers", lambda draft: draft.tiers, "tier", "`hyperscalers only`, `neoclouds`"),
    adding_reader("tiers", lambda draft: draft.tiers, "`marketplace ok`, `trackers too`"),
)
TERMS = (
    *choice_readers(
        "terms", lambda draft: draft.terms, "term", "`spot`, `on demand`, `1-year reserved`, `spot or on demand`"
    ),
    adding_reader("terms", lambda draft: draft.terms, "`spot ok`, `spot allowed`"),
)
READERS: tuple[Reader, ...] = (
    allow_places,
    deny_places,
    mention_places,
    unknown_region,
    *PROVIDERS,
    any_host,
    *TIERS,
    any_term,
    *TERMS,
)
