"""Sweeps: many plans at once, on the processes of one machine or on a Dask cluster.

    sweep = read_sweep(document, ...)                 # what is varied: points, each a PlanRequest, by number
    with Ledger.open(output, sweep, identity) as ledger:    # what is finished; survives a kill at any moment
        run_sweep(sweep, ledger, prices, workers)     # solves the rest, in any order, anywhere
        ledger.finish()                               # one Parquet file, in the order of the points

A point's outcome is a function of its request, its prices, the catalog and the calibration, so the file is the same
byte for byte whatever ran it, in whatever order, however often it was interrupted.
"""
