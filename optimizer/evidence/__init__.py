"""Published measurements: read, turned into layouts, fitted, left out, validated. Pure; the files come in as text."""
