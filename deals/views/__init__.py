"""The pages of deals: the board and the list, the record, its end, its panels, the settings."""
