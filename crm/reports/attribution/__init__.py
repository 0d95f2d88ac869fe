"""Which touches a deal is owed to, by six models side by side."""
