"""Open price files: CSV text, alone or zipped, of a size that can be read."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalog import InvalidInputError, load_catalog
from pricing.quotes import Quote, describe_quotes

MOST_BYTES = 64 * 2**20
MOST_FILES = 64


def csv_texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of a CSV file, or of each in a zip. Raises InvalidInputError."""
    if content.startswith(b"PK\x03\x04"):
        yield from _unzipped(name, content)
    else:
        yield name, _text(name, content)


def header(text: str) -> Sequence[str]:
    """Return the column names of a CSV text."""
    return next(csv.reader(io.StringIO(text)), [])


def rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, cells by column) of each row; a missing cell is blank."""
    reader = csv.DictReader(io.StringIO(text), restval="")
    for cells in reader:
        yield reader.line_num, {name: (cell or "").strip() for name, cell in cells.items() if name}


def labelled(quote: Quote, label: str) -> Quote:
    """Return a quote with its GPU as the file names it, unless the catalog or a listing knows its instance type."""
    if (quote.provider, quote.instance_type) in load_catalog().instances:
        return quote
    (described,) = describe_quotes([quote])
    return described if described.gpu_label else replace(quote, gpu_label=label)


def _unzipped(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".csv")]
            if not members or len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
                raise InvalidInputError(f"{name}: no CSV files in it, or too many, or too large")
            for member in members:
                with archive.open(member) as file:
                    yield member.filename, _text(member.filename, file.read(MOST_BYTES + 1))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InvalidInputError(f"{name}: this zip cannot be read ({type(error).__name__})") from None


def _text(name: str, content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise InvalidInputError(f"{name}: larger than {MOST_BYTES >> 20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(f"{name}: is no UTF-8 text", "save it as CSV in UTF-8") from None
