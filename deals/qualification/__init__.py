"""What a seller knows before he offers: need, budget, authority, timing, competitor."""
