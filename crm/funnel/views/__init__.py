"""The pages of the shared funnel."""
