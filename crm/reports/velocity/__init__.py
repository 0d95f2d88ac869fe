"""How fast and how well sales works: closed deals, time in stage, first response, returns."""
