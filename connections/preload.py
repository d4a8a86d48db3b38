"""What the pipeline's stages import, in one module: a process that imports it forks tasks that start at once."""

# ruff: noqa: F401

import mlflow.store.model_registry.sqlalchemy_store
import mlflow.store.tracking.sqlalchemy_store

import connections.clean_data
import connections.dataset
import connections.model_files
import connections.raw_data
import connections.registry
import connections.tracking
import readmission.use_cases.drift
import readmission.use_cases.load
import readmission.use_cases.preprocess
import readmission.use_cases.trainer
