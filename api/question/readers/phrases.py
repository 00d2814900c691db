"""Pieces that the templates of several themes share."""

AT_LEAST = (
    "(at least|at minimum|min|minimum|minimum of|≥|>|>=|=>|over|above|more than|better than|faster than|upwards of|"
    "no less than|not less than|no slower than|not slower than|up to|target|targeting|about|around|~|≈|=|@|at)"
)
AT_MOST = (
    "(at most|at the most|max|maximum|maximum of|max of|≤|<|<=|=<|under|below|less than|fewer than|up to|within|"
    "no more than|not more than|not over|no longer than|not longer than|not above|no higher than|limit|limited to|"
    "cap|capped at|lower than|faster than|cheaper than|smaller than|not exceeding|inside|in under|in less than|in|=|of|"
    "about|around|~|≈|at|<~)"
)
OR_MORE = "(or (more|faster|better|higher|above)|and (up|above|more)|+|minimum|min|at least)"
OR_LESS = "(or (less|fewer|faster|better|lower|below|under|cheaper)|maximum|max|at most|tops|or so)"

NOT = (
    "(no|not|not on|not in|not using|not with|nothing on|nothing from|nothing in|without|w/o|sans|except|except for|"
    "excepting|excluding|exclude|excl|excludes|avoid|avoiding|avoids|never|other than|"
    "(anything|anywhere|everything|everywhere|all|any cloud|any provider|any gpu|any region|any|every cloud) "
    "(but|except|except for|other than|besides)|but not|but no|but not on|but not in|dont use|do not use|dont want|"
    "do not want|do not allow|dont allow|outside|outside of|out of|rather than|instead of|skip|minus|non|none of|isnt|"
    "arent|not from|ban|forbid|leave out|drop|apart from)"
)
WITH = (
    "(on|only on|only|only in|only with|only use|only from|just|just on|in|with|using|use|via|from|at|through|"
    "inside|within|"
    "and|or|prefer to use|needs|need|require|requires|requiring|must have|must be|has|having|running|running on|run on|"
    "served by|served with|served on|hosted on|hosted in|deployed on|deployed in|based in|located in)"
)
ONLY = "(only|exclusively|or nothing|hosts|providers|clouds|instances|machines|gpus|regions|nodes|pricing|prices|vms)"
ALSO = (
    "(ok|okay|allowed|too|as well|also|fine|included|acceptable|welcome|possible|works|is fine|are fine|good|permitted)"
)
INCLUDING = (
    "(including|include|incl|also|also allow|allow|allowing|even|plus|accept|accepting|also accept|open to|or even)"
)
NEEDED = "(needed|required|necessary|mandatory|important|a must|must|essential)"


def wanted(kind: str) -> tuple[str, ...]:
    """Return the templates that allow names of a kind: `on AWS`, `A100 or H100 only`, `AWS`."""
    return (f"[{WITH}] [the] <{kind}> [{ONLY}] [{ONLY}]", f"{kind} {WITH} <{kind}>")


def refused(kind: str) -> tuple[str, ...]:
    """Return the templates that deny names of a kind: `not on AWS`, `no A100 or A6000`, `anything but Azure`."""
    return (
        f"{NOT} [on|in|from|any|the|use|using|with|at] <{kind}> [{ONLY}]",
        f"<{kind}> (excluded|not allowed|forbidden|not ok|is out|are out|not acceptable|not possible|is not an option)",
    )


def indifferent(kind: str) -> tuple[str, ...]:
    """Return the templates that name something and restrict nothing: `NVLink not needed`, `not only AWS`."""
    return (
        f"(no|without) <{kind}> {NEEDED}",
        f"<{kind}> (optional|(not|isnt|is not|arent|are not) {NEEDED})",
        f"(not only|not just|not necessarily|doesnt have to be|does not have to be|dont need|do not need) "
        f"[on|in|with] <{kind}>",
        f"(dont|do not|not) (exclude|avoid|leave out) <{kind}>",
        f"<{kind}> or not",
    )
