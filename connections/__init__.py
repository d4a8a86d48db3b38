"""The adapters: settings, database, MLflow, model files, dataset source.

Importing them opens nothing.
"""
