"""Everything that the tasks import, in one module.

A process that imports it can fork tasks that start at once.
"""

# ruff: noqa: F401

import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store

import connections.dataset.source
import connections.models.pickled_models
import connections.stores.clean_data
import connections.stores.raw_data
import connections.tracking.registry
import connections.tracking.tracker
import readmission.use_cases.clean
import readmission.use_cases.load
import readmission.use_cases.train_all
import readmission.use_cases.watch_drift
