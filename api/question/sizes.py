"""Make one size of request of what a question said of context, prompt and answer."""

from dataclasses import dataclass

from api.question.draft import Draft
from catalog import InvalidInputError, Model
from optimizer.request import Bucket

DEFAULT_CONTEXT_TOKENS = 8192
DEFAULT_INPUT_TOKENS = 1024
DEFAULT_OUTPUT_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Size:
    """The context, or prompt and answer, or a mix of those; exactly one of the three."""

    context_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    buckets: tuple[Bucket, ...] = ()

    @property
    def longest(self) -> int:
        """Return the tokens of the longest request."""
        mixed = max((bucket.input_tokens + bucket.output_tokens for bucket in self.buckets), default=0)
        return max(mixed, (self.context_tokens or 0) + (self.input_tokens or 0) + (self.output_tokens or 0))


def compose_size(draft: Draft, model: Model, *, by_request: bool) -> Size:
    """Return the size; `by_request` asks for prompt and answer where nothing was said. Raises InvalidInputError."""
    size = _mix(draft) if draft.buckets else _size(draft, model, by_request=by_request)
    context = draft.context_tokens
    if context.value is not None and size.longest > context.value:
        said = draft.input_tokens.words or draft.output_tokens.words
        raise InvalidInputError(
            f"{said!r} does not fit in the context of {context.value:,} tokens ({context.words!r})",
            "give a longer context, or a shorter prompt and answer",
        )
    longest = max(size.longest, context.value or 0)
    if longest > model.max_context:
        raise InvalidInputError(
            f"{longest:,} tokens are more than {model.model_id} takes: its context ends at {model.max_context:,}",
            "ask for a shorter context or another model",
        )
    return size


def _mix(draft: Draft) -> Size:
    if draft.input_tokens.value is not None or draft.output_tokens.value is not None:
        said = draft.input_tokens.words or draft.output_tokens.words
        raise InvalidInputError(
            f"{said!r} stands beside a mix of sizes", "give every size with its share, as 70% 2k in 500 out"
        )
    buckets = tuple(
        sorted(draft.buckets, key=lambda bucket: (-bucket.share, bucket.input_tokens, bucket.output_tokens))
    )
    return Size(buckets=buckets)


def _size(draft: Draft, model: Model, *, by_request: bool) -> Size:
    context, prompt, answer = draft.context_tokens.value, draft.input_tokens.value, draft.output_tokens.value
    if prompt is None and answer is None and (context is not None or not by_request):
        return Size(context_tokens=context or _default_context(draft, model))
    if context is not None and prompt is not None and answer is not None:
        draft.assume(f"“{draft.context_tokens.words}” is only the window: prompt and answer have their own lengths.")
    return Size(
        input_tokens=prompt if prompt is not None else _rest(draft, "the prompt", answer, DEFAULT_INPUT_TOKENS),
        output_tokens=answer if answer is not None else _rest(draft, "the answer", prompt, DEFAULT_OUTPUT_TOKENS),
    )


def _default_context(draft: Draft, model: Model) -> int:
    """Return the context where no size was given: a usual one, or the whole of a model that takes less."""
    usual = min(DEFAULT_CONTEXT_TOKENS, model.max_context)
    whole = f", the whole of what {model.model_id} takes" if usual < DEFAULT_CONTEXT_TOKENS else ""
    draft.assume(f"{usual:,} tokens of context, prompt and answer together{whole}: no size was given.")
    return usual


def _rest(draft: Draft, what: str, other: int | None, default: int) -> int:
    """Return the length that was not given: what the context leaves, or a usual one."""
    context = draft.context_tokens.value
    if context is None or other is None:
        draft.assume(f"{default:,} tokens for {what}: no length was given, and that is usual in chats.")
        return default
    left = max(context - other, 1)
    draft.assume(f"{left:,} tokens for {what}: what the context of {context:,} leaves.")
    return left
