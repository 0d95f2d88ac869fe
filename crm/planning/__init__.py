"""From a revenue target back to deals, SQLs, MQLs, leads and budget, by month."""
