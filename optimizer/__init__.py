"""Decisions: from a request, facts and prices to the cheapest fleet, its proof and its reasons. No I/O, no clock."""
