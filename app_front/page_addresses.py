"""Addresses of the pages: the last part of their URLs, the same in both languages."""

BATCH = "many"
HISTORY = "history"
MODEL = "model"
MONITORING = "monitoring"
