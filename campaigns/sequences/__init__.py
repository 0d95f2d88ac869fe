"""Nurture sequences: steps that a lead walks through by itself."""
