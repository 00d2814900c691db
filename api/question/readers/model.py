"""Which language model is served."""

from api.question.draft import Draft
from api.question.lexicon import Named, spelling
from api.question.reader import Found, Reader, reads
from catalog import InvalidInputError

SERVING = (
    "(run|running|serve|serving|host|hosting|deploy|deploying|use|using|for|on|of|with|to (run|serve|host|"
    "deploy)|model|"
    "meta|metas|a|an|the|my|our|self host|self hosting|inference of|inference for|inference with)"
)
KIND = "(instruct|chat|base|model|models|it|inference|text|weights|instruct model|chat model|serving)"


@reads(f"[{SERVING}] [{SERVING}] [meta|model] <model> [{KIND}] [{KIND}]", f"model [=|is] <model> [{KIND}]")
def model(found: Found, draft: Draft) -> None:
    """Name the model: `llama 4 405b`, `Llama-3.1-405B-Instruct`, `qwen3 32b`, `meta-llama/Llama-3.3-70B-Instruct`."""
    named = found.get("model", Named)
    said = draft.model
    if said.value is not None and said.value != named.ids[0]:
        raise InvalidInputError(
            f"the question names two models: {said.words!r} and {named.text!r}", "ask for one model at a time"
        )
    if spelling(named.ids[0]) not in spelling(named.text):
        draft.assume(f"“{named.text}” is {named.ids[0]}.")
    said.say(named.ids[0], named.text)


@reads(f"[{SERVING}] <stranger_model> [{KIND}]")
def unknown_model(found: Found, draft: Draft) -> None:
    """Refuse a model that the catalog does not have, rather than answer for another one."""
    draft.unknown.append(("model", found.get("stranger_model", str)))


READERS: tuple[Reader, ...] = (model, unknown_model)
