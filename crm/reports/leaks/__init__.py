"""What is left lying between marketing and sales, in money."""
