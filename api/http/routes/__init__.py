"""The routes, one file a theme. A route is a signature; what it does is elsewhere."""
