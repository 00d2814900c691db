"""The user's own runs beside the model: measured values where they were taken, corrected ones near them."""
