"""What policies may see of a run."""
