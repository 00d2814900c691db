"""What a user can switch on: a warm prefix cache, speculative decoding, another step size."""

from dataclasses import dataclass

from catalog import InvalidInputError

MOST_DRAFT_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Speculation:
    """A draft model proposes `draft_tokens`, each accepted with chance `acceptance` if those before it were.

    `draft_share` is the draft's parameters over the target's: what one draft step costs of a target step.
    """

    draft_tokens: int
    acceptance: float
    draft_share: float = 0.02

    def __post_init__(self) -> None:
        if not 1 <= self.draft_tokens <= MOST_DRAFT_TOKENS:
            raise InvalidInputError(f"{self.draft_tokens} draft tokens are not from 1 to {MOST_DRAFT_TOKENS}")
        if not 0 <= self.acceptance < 1:
            raise InvalidInputError(f"acceptance {self.acceptance} is not from 0 to below 1")
        if not 0 <= self.draft_share <= 1:
            raise InvalidInputError(f"draft share {self.draft_share} is not from 0 to 1")

    @property
    def tokens_per_step(self) -> float:
        """Tokens of one verified step, (1 - a^(k+1)) / (1 - a); Leviathan et al., arXiv 2211.17192, equation 1."""
        return (1 - self.acceptance ** (self.draft_tokens + 1)) / (1 - self.acceptance)

    @property
    def cost_per_token(self) -> float:
        """Target steps that one token costs: a verification and the draft's steps, shared by the accepted tokens."""
        return (1 + self.draft_tokens * self.draft_share) / self.tokens_per_step


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of a replica. `step_tokens` replaces the engine's largest step (chunked prefill cuts prompts to it)."""

    prefix_cache_hit_fraction: float = 0.0
    speculation: Speculation | None = None
    step_tokens: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.prefix_cache_hit_fraction <= 1:
            raise InvalidInputError("the prefix-cache hit fraction is from 0 to 1")
        if self.step_tokens is not None and not 16 <= self.step_tokens <= 1_000_000:
            raise InvalidInputError(f"a step of {self.step_tokens} tokens is not from 16 to 1,000,000")


PLAIN = Options()
