"""The default number of training rows in a batch, in a module that does not import pandas."""

BATCH_SIZE = 15_000
