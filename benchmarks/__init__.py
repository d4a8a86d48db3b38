"""What speed costs, each beside its limit in the same run."""
