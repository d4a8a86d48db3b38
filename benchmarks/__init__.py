"""How fast each part is, compared with its own limit in the same run."""
