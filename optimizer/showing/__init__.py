"""Showing: plans and frontiers as HTML for a notebook, a table and a chart, without any library and any script."""
