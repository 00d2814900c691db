"""The store: every price that was fetched or imported, when it was first and last seen, on SQLite or PostgreSQL.

    location     which database, without opening it           connections  engines, transactions, locks
    batches      what comes in: one provider, one moment      schema       the tables
    writing      a batch becomes spans of unchanged prices     migrations   how the tables came to be
    reading      the rows of a moment                         spans        the history of an offer
    quotas       the limits of the user's own accounts
    merging      stored rows over shipped ones                price_store  the one door to all of it

A batch is one transaction. An offer that did not change costs nothing: a price row says which batch it holds from
(`opened_by`), since which it was not seen (`unseen_since`, after a partial answer), and which one ended it
(`closed_by`). What a moment saw is therefore fixed: `snapshot(as_of)` gives the same rows and the same id for ever.
"""
