"""What campaigns cost and what they brought: spend, costs, ROI, payback, pipeline."""
