"""Django's SQLite, whose long transactions are logged by name."""
