"""The HTTP API: the same documents as the command line, over a small, typed and guarded server.

    serving    starts uvicorn                        protocol   what a connection may do: URL, headers, patience
    edge       what every request passes             bodies     read whole, within a size and a time
    app        the wiring                            settings   what the server is told
    routes/    one file a theme                      queries    parameters of a URL
    planner    what is known at once                 waiting    the queue, one solve for all who ask the same
    tasks      what a solver may be asked            solving    processes that solve, and can be killed
    prices     the snapshot of the moment            shelf      finished plans, shared between workers
    answers    other answers, kept while they hold   responses  ETag, 304, gzip, caching
    problems   every failure as a document           handlers   from exceptions to them
    keys       hashed keys in a file                 access     who may do what
    openapi    how it describes itself               metrics, logs

Only `gpumix serve` and `gpumix keys` import it, so that no other command pays for a web framework.
"""
