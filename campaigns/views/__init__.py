"""Marketing's pages, and its panels on the pages of others. One module a topic."""
