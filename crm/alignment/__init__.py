"""What marketing and sales promised each other, and whether they keep it."""
