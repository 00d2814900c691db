"""The readers, one file a theme; a new phrase is one more template of one of them."""

from api.question.reader import Reader
from api.question.readers import (
    formats,
    hardware,
    limits,
    load,
    model,
    money,
    place,
    prices,
    rate,
    size,
    spot,
    sure,
    targets,
    unsupported,
)

READERS: tuple[Reader, ...] = (
    *load.READERS,
    *rate.READERS,
    *size.READERS,
    *targets.READERS,
    *model.READERS,
    *hardware.READERS,
    *formats.READERS,
    *place.READERS,
    *money.READERS,
    *limits.READERS,
    *spot.READERS,
    *sure.READERS,
    *prices.READERS,
    *unsupported.READERS,
)
