"""The pages of personal e-mail."""
