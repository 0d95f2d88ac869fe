"""What sales said of the leads it was handed: reasons, acceptance, good leads, disputes."""
