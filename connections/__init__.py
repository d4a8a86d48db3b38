"""The adapters: settings, database, MLflow, model files, dataset source. Importing opens nothing."""
