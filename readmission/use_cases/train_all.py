"""Train from end to end: all batches of the latest data, then the selection."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from threadpoolctl import threadpool_limits

from readmission.ids import new_id
from readmission.model.candidate import Candidate
from readmission.use_cases.select_champion import Selection, select_and_promote
from readmission.use_cases.train_batch import train_batch
from readmission.use_cases.training_context import TrainingContext
from readmission.use_cases.training_data import TrainingData, open_training_data


def train_all(context: TrainingContext, training_id: str | None = None) -> Selection:
    """Train every batch of the latest data, then select and promote the best candidate.

    Raises BusyError that names the other process while one trains.
    """
    data = open_training_data(context.clean_data)
    training_id = training_id or new_id()
    with context.clean_data.training_lock("train"):
        candidates = _train_batches(context, data, training_id)
        return select_and_promote(context, data, training_id, candidates)


def _train_batches(
    context: TrainingContext, data: TrainingData, training_id: str
) -> list[Candidate]:
    """Train all batches, each in a thread, and return their candidates in order.

    Scikit-learn releases the interpreter's lock while it builds trees, so one batch more than
    there are cores keeps all cores busy while another batch is evaluated and logged. The last
    batch, which may be small, comes first: at the end it would leave cores idle. Linear algebra
    stays on one thread for all of them: with a limit for each batch, the first batch that ends
    would lift the limit for the others.
    """
    one_core = replace(context, workers=1)
    total = data.preparation.batches
    candidates: list[Candidate] = []

    def train(batch_id: int) -> Candidate:
        return train_batch(one_core, data, training_id, batch_id)

    context.progress("train", 0, total)
    threads = context.workers + 1
    last_batch_first = reversed(data.batch_ids)
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        for candidate in pool.map(train, last_batch_first):
            candidates.append(candidate)
            context.progress("train", len(candidates), total)
    return candidates[::-1]
