"""What converts, which rules and thresholds the outcomes speak for, and what to try next."""
