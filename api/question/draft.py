"""What a question has said so far: each fact once, each choice as allowed, added or denied names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from catalog import InvalidInputError, QualityTier
from optimizer.request import Bucket

T = TypeVar("T")


@dataclass(slots=True)
class Once(Generic[T]):
    """A fact that a question may state once; stating it again with another value is a contradiction."""

    what: str
    value: T | None = None
    words: str = ""

    def say(self, value: T, words: str) -> None:
        """State the fact in the question's `words`. Raises InvalidInputError on a contradiction."""
        if self.value is not None and self.value != value:
            raise InvalidInputError(
                f"the question gives {self.what} twice: {self.words!r} and {words!r}", "keep one of the two"
            )
        self.value, self.words = value, words


@dataclass(slots=True)
class Choice:
    """Names of one kind that a question allows, adds to the default, or denies, with the words that did so."""

    what: str
    allowed: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)

    def allow(self, ids: Iterable[str], words: str) -> None:
        """Allow these; what is never named is then out."""
        self.allowed |= dict.fromkeys(ids, words)

    def add(self, ids: Iterable[str], words: str) -> None:
        """Allow these besides the default."""
        self.added |= dict.fromkeys(ids, words)

    def deny(self, ids: Iterable[str], words: str) -> None:
        """Leave these out, whatever else is said."""
        self.denied |= dict.fromkeys(ids, words)

    def check(self) -> None:
        """Raise InvalidInputError where nothing that was asked for is left, or a term is both wanted and refused."""
        wanted = self.allowed | self.added
        left = [name for name in wanted if name not in self.denied]
        if wanted and not left:
            name = next(iter(wanted))
            raise InvalidInputError(
                f"the question wants and refuses the same {self.what}: {wanted[name]!r} and {self.denied[name]!r}",
                "keep one of the two",
            )

    def chosen(self, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the allowed names less the denied ones; the default, with what is added, where none is allowed."""
        base = self.allowed or (dict.fromkeys(default) if default else {})
        return tuple(name for name in {**base, **self.added} if name not in self.denied)


class Choices:
    """What may be used: one choice for each kind of name."""

    def __init__(self) -> None:
        self.providers = Choice("provider")
        self.tiers = Choice("tier")
        self.regions = Choice("region")
        self.continents = Choice("continent")
        self.gpus = Choice("GPU")
        self.links = Choice("link")
        self.engines = Choice("engine")
        self.terms = Choice("term")
        self.quantizations = Choice("weight format")

    def check_choices(self) -> None:
        """Raise InvalidInputError where a choice leaves nothing of what was asked for."""
        for choice in vars(self).values():
            if isinstance(choice, Choice):
                choice.check()


class Draft(Choices):
    """The facts and choices of one question, and what a person must be told about how it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Once[str]("the model")
        self.users = Once[int]("the number of users")
        self.active_share = Once[float]("the share of active users")
        self.concurrency = Once[int]("the concurrency")
        self.tok_per_s = Once[float]("the speed")
        self.tok_per_s_per_user = Once[float]("the speed of a user")
        self.tok_per_s_in_total = Once[float]("the total speed")
        self.tok_per_s_by_volume = Once[float]("the volume of tokens")
        self.tok_per_s_per_head = Once[float]("the tokens a user gets in a period")
        self.offline = Once[bool]("the kind of work")
        self.request_rate_per_s = Once[float]("the request rate")
        self.request_rate_per_user = Once[float]("the request rate of a user")
        self.context_tokens = Once[int]("the context")
        self.input_tokens = Once[int]("the length of the prompt")
        self.output_tokens = Once[int]("the length of the answer")
        self.prefix_cache_hit_fraction = Once[float]("the prefix-cache hit rate")
        self.ttft_s = Once[float]("the time to first token")
        self.tpot_ms = Once[float]("the time per output token")
        self.percentile = Once[float]("the percentile")
        self.confidence = Once[float]("the confidence")
        self.min_tier = Once[QualityTier]("the quality")
        self.max_usd_per_hour = Once[float]("the budget")
        self.max_spot_fraction = Once[float]("the share of spot")
        self.spot_losses = Once[int]("the preemptions to tolerate")
        self.max_instances = Once[int]("the number of instances")
        self.max_kinds = Once[int]("the number of instance kinds")
        self.survive_loss = Once[str]("the loss to survive")
        self.hours_per_month = Once[float]("the hours of use")
        self.as_of = Once[date]("the day of the prices")
        self.max_price_age_days = Once[int]("the age of the prices")
        self.buckets: list[Bucket] = []
        self.quotas: dict[str, int] = {}
        self.assumptions: list[str] = []
        self.hints: list[str] = []
        self.unread: list[str] = []
        self.unknown: list[tuple[str, str]] = []

    def is_empty(self) -> bool:
        """Tell whether nothing that a request holds has been said."""
        facts = vars(self).values()
        said = any(fact.value is not None for fact in facts if isinstance(fact, Once))
        chosen = any(fact.allowed or fact.added or fact.denied for fact in facts if isinstance(fact, Choice))
        return not (said or chosen or self.buckets or self.quotas or self.unknown)

    def assume(self, text: str) -> None:
        """Tell how something was read, once."""
        if text not in self.assumptions:
            self.assumptions.append(text)

    def leave(self, words: str, hint: str) -> None:
        """List words as ignored and say what can be asked instead."""
        self.unread.append(words)
        if hint not in self.hints:
            self.hints.append(hint)
