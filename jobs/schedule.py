"""`python -m jobs.schedule`: one leader finds what is due by columns and wakes workers. Any number may run.

Once a second: what has come due. Every five seconds: dead leases, lost wake-ups, forgotten events, periodic work. So
an emptied Redis or a dead worker costs seconds, and nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import redis
from sqlalchemy.exc import SQLAlchemyError

from hub import log, queue
from hub.config import Config
from hub.crashpoints import crash_point
from hub.flows import inbox, running, schedules
from hub.flows.leases import new_holder
from hub.wiring import Hub, open_hub

TICK_S = 1.0
SWEEP_S = 5.0
_log = log.get("jobs.schedule")


class Scheduler:
    """The loop of one scheduler process."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.holder = new_holder()
        self.stopped = threading.Event()
        self._sweep = running.Sweep(hub.db)
        self._swept_at = float("-inf")

    def run(self) -> None:
        """Until `stop`."""
        with self.hub.db.write() as session:
            schedules.ensure_own(session)
        while not self.stopped.is_set():
            try:
                self.tick()
            except SQLAlchemyError:
                _log.warning("the database is away; trying again", exc_info=True)
            self.stopped.wait(TICK_S)

    def stop(self, *_signal: object) -> None:
        """Ends the loop after the current round."""
        self.stopped.set()

    def tick(self) -> None:
        """One round, where this process leads."""
        if not running.lead(self.hub.db, self.holder):
            return
        if time.monotonic() - self._swept_at >= SWEEP_S:
            self._swept_at = time.monotonic()
            self.sweep()
        self._sweep.wake_due()

    def sweep(self) -> None:
        """What the leader looks for every five seconds."""
        self._sweep.free_dead()
        with self.hub.db.write() as session:
            schedules.insert_due(session)
            crash_point("schedule.before_commit")
        crash_point("schedule.after_commit")
        inbox.sweep(self.hub.db)
        if self.hub.redis is not None:
            try:
                self._sweep.rewake(queue.lengths(self.hub.redis))
            except (redis.RedisError, OSError) as error:
                _log.warning("Redis is away; wake-ups wait", error=type(error).__name__)


def main() -> int:
    """Runs until SIGTERM or SIGINT."""
    config = Config.from_env(os.environ)
    log.configure(level=config.log_level, as_json=config.log_format == "json")
    scheduler = Scheduler(open_hub(config))
    signal.signal(signal.SIGTERM, scheduler.stop)
    signal.signal(signal.SIGINT, scheduler.stop)
    scheduler.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
