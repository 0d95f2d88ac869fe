"""Personal e-mail between a rep and a lead, out and in."""
