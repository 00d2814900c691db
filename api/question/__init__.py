"""The question grammar: plain English in, a PlanRequest and a plain account of how it was read out.

words        a question becomes words
template     the little language of phrases, compiled
matching     templates against words
quantities, lexicon, gpus, commitments, vocabulary, strangers, slots   the values that stand in phrases
readers      the phrases, one file a theme: a new phrase is one more template there
grammar      from left to right, the longest phrase each time
draft        what has been said so far
workload, compose   the draft becomes a request
wording      the request becomes English
"""

from api.question.parsing import ParsedQuestion, QuestionReader, parse_question

__all__ = ["ParsedQuestion", "QuestionReader", "parse_question"]
