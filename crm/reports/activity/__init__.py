"""What sellers do, and what comes of it."""
