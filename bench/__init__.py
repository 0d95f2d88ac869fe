"""What measures speed: `make bench` seeds a large company and prints one table."""
