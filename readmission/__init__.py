"""The domain: schema, cohort, cleaning, splitting, training, selection, prediction. No I/O, no framework."""

__version__ = "0.1.0"
