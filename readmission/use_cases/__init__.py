"""The use cases, written against the ports: load, clean, train, select, promote, predict."""
