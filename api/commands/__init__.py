"""The commands, one file a theme. Each imports what it needs when it runs, so that `gpumix ask` starts fast."""
