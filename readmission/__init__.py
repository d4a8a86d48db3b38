"""The domain, from cleaning and splitting to training, selection and prediction.

It does no input or output and knows no framework.
"""

__version__ = "0.1.0"
