"""Who changed what everybody works by: rules, definitions, targets, rights."""
