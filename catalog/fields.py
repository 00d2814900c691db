"""The kinds of cell a catalog CSV has: each is a type that validates and converts its text."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _blank_to_none(text: object) -> object:
    return None if text == "" else text


def _split(text: object) -> object:
    return tuple(part.strip() for part in text.split(";") if part.strip()) if isinstance(text, str) else text


def _counts(text: object) -> object:
    """Read `1,2,4,8` or `1-8` as the GPU counts that can be rented."""
    if not isinstance(text, str):
        return text
    if "-" in text:
        first, last = text.split("-")
        return tuple(range(int(first), int(last) + 1))
    return tuple(int(part) for part in text.split(","))


def _yes_no(text: object) -> object:
    return {"yes": True, "no": False, "true": True, "false": False}.get(str(text).lower(), text)


Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
SourceId = Annotated[str, Field(min_length=1, description="id of a row in sources.csv")]
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Counts = Annotated[tuple[Annotated[int, Field(ge=1, le=128)], ...], BeforeValidator(_counts), Field(min_length=1)]
Flag = Annotated[bool, BeforeValidator(_yes_no)]
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(gt=0)]
Maybe = BeforeValidator(_blank_to_none)
MaybePositive = Annotated[Positive | None, Maybe]
MaybePositiveInt = Annotated[PositiveInt | None, Maybe]
MaybeText = Annotated[Text | None, Maybe]
