"""Watching: a saved plan planned again on every refresh, and word of it when a cheaper one is worth the move."""
