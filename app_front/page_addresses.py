"""Where the pages are: the last part of their addresses, the same in both languages."""

MANY, HISTORY, MODEL, MONITORING = "many", "history", "model", "monitoring"
