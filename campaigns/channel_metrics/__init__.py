"""Channel metrics: what each channel did, week by week."""
