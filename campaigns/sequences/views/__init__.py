"""The pages of nurture sequences."""
