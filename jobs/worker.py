"""`python -m jobs.worker [queue …]`: takes tasks. One process per task (fork), so that a killed task kills itself only.

RQ's worker with three changes: it comes back within five seconds when Redis does, its child leaves the parent's
connections alone, and a stop asks the running task to end at the next good place instead of cutting it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import redis
from rq.exceptions import DeserializationError, StopRequested
from rq.worker import Worker
from sqlalchemy.exc import SQLAlchemyError

from hub import clock, crashpoints, log, queue
from hub.config import Config
from hub.domain.tasks import Queue
from hub.flows import alerts, rehearsal, running
from hub.queue import FAILURES_KEPT_S
from hub.wiring import open_hub
from jobs import entry, handlers

COME_BACK_S = 2.0
PARKED = "shopbridge:parked-jobs"
_log = log.get("jobs.worker")


class HubWorker(Worker):
    """RQ's forking worker, for tasks."""

    max_connection_wait_time = COME_BACK_S
    log_result_lifespan = False
    is_stopping = False

    def request_stop(self, signum: Any, frame: Any) -> None:
        """The first signal lets the running task end well; the second is RQ's hard stop."""
        type(self).is_stopping = True
        super().request_stop(signum, frame)

    def execute_job(self, job: Any, queue: Any) -> None:
        """Runs what this hub queues and nothing else: a name in Redis is no reason to call it (S-26)."""
        if not is_ours(job):
            self._park(job, queue)
        elif _may_be_due(job.args[0]):
            super().execute_job(job, queue)
        else:
            self._take_out(job, queue).delete(job.key).execute()

    def _park(self, job: Any, queue: Any) -> None:
        _log.error("something that is not ours was in the queue; it is parked and was not run", job=job.id, queue=queue.name)
        pipeline = self._take_out(job, queue)
        pipeline.lpush(PARKED, job.id)
        pipeline.ltrim(PARKED, 0, 99)
        pipeline.expire(job.key, FAILURES_KEPT_S)
        pipeline.execute()
        with entry.hub().db.write() as session:
            alerts.notify(session, f"foreign job:{clock.now():%G-%V}", "Something that is not ours was in the queue",
                          ["Somebody wrote into Redis. What was there has not been run.",
                           "Check who can reach Redis, and change its password."])

    def _take_out(self, job: Any, queue: Any) -> Any:
        return self.connection.pipeline().lrem(queue.intermediate_queue_key, 1, job.id)

    def handle_warm_shutdown_request(self) -> None:
        """Asks the work-horse to end at the next good place."""
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGUSR1)

    def main_work_horse(self, job: Any, queue: Any) -> None:
        """In the child: nothing of the parent's connections is used or closed."""
        entry.in_child()
        crashpoints.work_horse_of(os.getppid())
        self.connection.connection_pool.reset()
        super().main_work_horse(job, queue)


def is_ours(job: Any) -> bool:
    """Whether a job is what `hub.queue` sends: the one function, one number, nothing to be called before or after."""
    try:
        name, instance, arguments, words = job.func_name, job.instance, job.args, job.kwargs
    except (DeserializationError, TypeError, ValueError):
        return False
    called = (job._success_callback_name, job._failure_callback_name, job._stopped_callback_name, job.webhooks)
    is_one_number = isinstance(arguments, (list, tuple)) and len(arguments) == 1 and type(arguments[0]) is int
    return name == queue.ENTRY and instance is None and is_one_number and not words and not any(called)


def _may_be_due(task_id: int) -> bool:
    """Whether a process is to be started for it. The claim decides; where the database is away, that is for the process to see."""
    try:
        return running.is_due(entry.hub().db, task_id)
    except SQLAlchemyError:
        return True


def work(queues: Sequence[Queue], config: Config) -> None:
    """Works until asked to stop. Loses nothing when Redis goes away: tasks are in the database."""
    opened = open_hub(config)
    entry.use(opened)
    handlers.load_all()
    rehearsal.rehearse(opened.db)
    signal.signal(signal.SIGUSR1, entry.ask_to_stop)  # inherited by the work-horse: it is never without it
    pause = threading.Event()
    while not HubWorker.is_stopping:
        client = redis.Redis.from_url(config.redis_url)
        worker: HubWorker | None = None
        try:
            worker = HubWorker([queue.queue_named(name, client) for name in queues], connection=client,
                               serializer=queue.SERIALIZER, worker_ttl=60, job_monitoring_interval=10,
                               maintenance_interval=300, log_job_description=False)
            worker.work(logging_level="WARNING")
        except StopRequested:
            return
        except (redis.RedisError, OSError) as error:
            _log.warning("Redis is away; coming back", error=type(error).__name__)
        finally:
            if worker is not None and worker.horse_pid:
                worker.wait_for_horse()  # Redis went away under a running task: it ends first, then the next is taken
            client.close()
        if not HubWorker.is_stopping:
            pause.wait(COME_BACK_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads the queues from the command line; all of them by default, in their order."""
    parser = argparse.ArgumentParser(prog="jobs.worker", description="Take tasks from these queues.")
    parser.add_argument("queues", nargs="*", default=[str(name) for name in Queue],
                        help="orders, default, bulk; read in this order")
    names = [Queue(name) for name in parser.parse_args(arguments).queues]
    config = Config.from_env(os.environ)
    log.configure(level=config.log_level, as_json=config.log_format == "json")
    work(names, config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
