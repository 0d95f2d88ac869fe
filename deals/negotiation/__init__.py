"""The negotiation log: offers, counter-offers, concessions."""
