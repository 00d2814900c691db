"""Every phrasing, and the short names of the fields they set."""

from .cases_choice import CHOICE_CASES
from .cases_load import LOAD_CASES
from .phrasing import SHORT

CASES = [*LOAD_CASES, *CHOICE_CASES]
QUESTIONS = [question for question, _ in CASES]
__all__ = ["CASES", "QUESTIONS", "SHORT"]
