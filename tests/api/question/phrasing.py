"""How a phrasing is written down: the question, and the fields of the request it sets, under short names."""

SHORT = {
    "u": "workload.users", "tps": "workload.tok_per_s_per_user", "total": "workload.output_tok_per_s",
    "rate": "workload.request_rate_per_s", "ctx": "workload.context_tokens", "in_": "workload.input_tokens",
    "out": "workload.output_tokens", "hit": "workload.prefix_cache_hit_fraction", "model": "model",
    "ttft": "slo.ttft_s", "tpot": "slo.tpot_ms", "each": "slo.tok_per_s_per_user", "p": "slo.percentile",
    "tier": "quality.min_tier", "formats": "quality.quantizations", "gpus": "allow.gpus", "links": "allow.links",
    "providers": "allow.providers", "tiers": "allow.tiers", "regions": "allow.regions",
    "continents": "allow.continents", "engines": "allow.engines", "terms": "allow.terms", "no_gpus": "deny.gpus",
    "no_links": "deny.links", "no_providers": "deny.providers", "no_tiers": "deny.tiers", "no_regions": "deny.regions",
    "no_continents": "deny.continents", "no_engines": "deny.engines", "no_terms": "deny.terms",
    "usd": "limits.max_usd_per_hour", "spot": "limits.max_spot_fraction", "instances": "limits.max_instances",
    "kinds": "limits.max_kinds", "quotas": "limits.quotas", "survive": "survive_loss", "preempt": "spot.losses",
    "hours": "hours_per_month", "sure": "confidence",
    "as_of": "as_of", "age": "max_price_age_days",
}  # fmt: skip
Case = tuple[str, dict[str, object]]


def ask(question: str, **fields: object) -> Case:
    """Return a question and the fields it sets; what it does not say is one user, 10 tok/s, 8,192 tokens."""
    return question, fields
