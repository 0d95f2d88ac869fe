"""Playbooks: a tactic as a list of follow-ups with delays, run on a lead or a deal."""
