"""The command `shopbridge`: what it can do, and with which words.

Each command is one function that takes the parsed words and the environment and answers an exit code. It imports
what it needs when it runs, so that `shopbridge new-key` works where nothing else is set up yet. Processes of `jobs`
are started by name: the hub never imports that package.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub import log
from hub.config import Config, NotConfigured, make_secret
from hub.crypto import new_key
from hub.embedded import NoRedis
from hub.supervisor import Child, Supervisor

Words = argparse.Namespace
Environ = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `shopbridge`: a sentence for --help, its own arguments, and what it does."""

    name: str
    says: str
    run: Callable[[Words, Environ], int]
    add_arguments: Callable[[argparse.ArgumentParser], object] = lambda parser: None


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point; answers the exit code: 2 when the settings or the words are wrong."""
    parser = argparse.ArgumentParser(prog="shopbridge", description="Connects a store with TikTok Shop.")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.says, description=command.says)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    words = parser.parse_args(argv)
    try:
        return words.run(words, os.environ)
    except (NotConfigured, NoRedis) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def configured(environ: Environ) -> Config:
    """The settings, with the log and the clock of this process set up by them."""
    from hub import clock, crashpoints

    config = Config.from_env(environ)
    log.hide(*config.known_secrets())
    log.configure(level=config.log_level, as_json=config.log_format == "json")
    clock.use_file(config.clock_file or None)
    crashpoints.arm(config.crash_at)
    return config


def _new_key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", nargs="?", default="", help="name of the key; a random one when left out")
    parser.add_argument("--secret", action="store_true", help="make a SECRET_KEY instead")


def _new_key(words: Words, environ: Environ) -> int:
    print(make_secret() if words.secret else new_key(words.id))
    return 0


def _rotate_keys(words: Words, environ: Environ) -> int:
    """Seals everything anew with the first key, some hundred rows a transaction; the hub may keep running."""
    from hub import models
    from hub.models import sealed

    config = configured(environ)
    models.load_all()
    ring = config.key_ring()
    sealed.use_keys(ring)
    db = models.Database(config.database_url)
    done: dict[str, int] = {}
    while True:
        with db.write() as session:
            step = sealed.reseal_all(session, after=done)
        if not step:
            break
        done.update(step)
    print(f"Every secret is sealed with the key {ring.first} now; the others may be taken off the ring.")
    return 0


def _migrate(words: Words, environ: Environ) -> int:
    """Brings the database to the newest version."""
    from hub.models import migrations

    config = configured(environ)
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrations.upgrade(config.database_url)
    print(f"The database is at version {migrations.current(config.database_url)}.")
    return 0


def _worker_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("queues", nargs="*", help="orders, default, bulk; all of them when left out")


def _worker(words: Words, environ: Environ) -> int:
    return _become([sys.executable, "-m", "jobs.worker", *words.queues], environ)


def _scheduler(words: Words, environ: Environ) -> int:
    return _become([sys.executable, "-m", "jobs.schedule"], environ)


def _become(argv: Sequence[str], environ: Environ) -> int:
    """This process turns into that one: signals and exit code are its own."""
    os.execve(argv[0], list(argv), dict(environ))  # noqa: S606 - our own interpreter, no shell
    return 1


def _create_owner_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email")
    parser.add_argument("--name", default="")


def _create_owner(words: Words, environ: Environ) -> int:
    """Asks for the password; reads it from standard input where that is no terminal."""
    import getpass

    from hub.flows import people
    from hub.wiring import open_hub

    hub = open_hub(configured(environ))
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        with hub.db.write() as session:
            people.create_owner(session, words.email, words.name, password)
    except people.Rejected as no:
        print(no, file=sys.stderr)
        return 2
    print(f"{words.email} owns this hub now.")
    return 0


def _routes(words: Words, environ: Environ) -> int:
    """Every address that the web side answers, with its methods."""
    import importlib

    app = importlib.import_module("wsgi").app  # by name, as with jobs: the hub does not know the floors above it
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        print(f"{','.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'})):20} {rule.rule}")
    return 0


def _run(words: Words, environ: Environ) -> int:
    """Web, workers and scheduler under one command; with the embedded queue where no other is named."""
    from hub import embedded
    from hub.flows import people
    from hub.models import migrations
    from hub.wiring import open_hub

    config = configured(environ)
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    given = "" if config.has_embedded_redis else config.redis_url
    embedded.ensure(config.data_dir, given_url=given)
    migrations.upgrade(config.database_url)
    hub = open_hub(config)
    with hub.db.read() as session:
        has_owner = people.has_owner(session)
    hub.close()
    print(f"Shopbridge: {config.public_url}", flush=True)
    if not has_owner and not config.is_loopback_only:
        print(f"The first page asks for this code: {people.first_run_code(config.secret_key)}", flush=True)
    at_end = (lambda: embedded.stop(config.data_dir)) if not given else None
    return _supervisor(config, environ, at_end).run()


def _supervisor(config: Config, environ: Environ, at_end: Callable[[], object] | None, more: Sequence[Child] = ()) -> Supervisor:
    """All processes of one machine. At least one worker never takes bulk work, so that no pull delays an order."""
    python = sys.executable
    web = [python, "-m", "gunicorn", "--bind", config.bind, "--worker-class", "gthread", "--workers", str(config.web_processes),
           "--threads", str(config.web_threads), "--graceful-timeout", "20", "--log-level", "warning", "--max-requests", "5000",
           "--max-requests-jitter", "500", "--no-control-socket", "wsgi:app"]
    workers = [Child("worker-1", [python, "-m", "jobs.worker", "orders", "default"], stops=1)]
    workers += [Child(f"worker-{number}", [python, "-m", "jobs.worker"], stops=1) for number in range(2, max(config.workers, 2) + 1)]
    children = [Child("web", web), Child("scheduler", [python, "-m", "jobs.schedule"]), *workers, *more]
    return Supervisor(children, environ={**environ, "SHOPBRIDGE_MODE": config.mode, "BIND": config.bind, "PUBLIC_URL": config.public_url,
                                         "DATA_DIR": str(config.data_dir)}, at_end=at_end)


def _sandbox_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8001, help="TikTok Shop's port; the stores take those after it")
    parser.add_argument("--hub", default="http://127.0.0.1:8000", help="the hub's address, where messages go")
    parser.add_argument("--catalogue", default="", help="folder of a Luma catalogue for the first store")
    parser.add_argument("--stores", default="", help="which stores, by their short names with commas between; all")
    parser.add_argument("--products", type=int, default=0, help="about how many products the stores after the first one start with; all")


def _sandbox(words: Words, environ: Environ) -> int:
    """The practice platforms alone, on loopback."""
    import signal
    import threading

    from hub import demo
    from hub.sandbox import Practice, beginning, catalogue_from, slugs
    from hub.sandbox.catalogue import demo_catalogue

    config = configured(environ)
    stores = [one.strip() for one in words.stores.split(",") if one.strip()] or list(slugs())
    if unknown := [one for one in stores if one not in slugs()]:
        print(f"There is no practice store {', '.join(unknown)}: choose of {', '.join(slugs())}.", file=sys.stderr)
        return 2
    try:
        app_secret = demo.read_place(config.data_dir).app_secret
    except FileNotFoundError:
        app_secret = ""
    first, own = catalogue_from(words.catalogue), demo_catalogue()
    few = beginning(own, words.products) if words.products else own
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Practice.start(hub_url=words.hub, port=words.port, stores=stores, catalogue=few, catalogues={stores[0]: first or own},
                        app_secret=app_secret) as practice:
        kept = demo.keep_place(config.data_dir, practice)
        for name, url in (("TikTok Shop", practice.tiktok_url), *((slug, practice.url(slug)) for slug in stores)):
            print(f"{name} practises at {url}", flush=True)
        print(f"What to type into the wizard stands in {kept}", flush=True)
        ended.wait()
    return 0


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="the hub's port (PORT, default 8000); the platforms take those after it")
    parser.add_argument("--once", action="store_true", help="end when the story is told")


def _demo(words: Words, environ: Environ) -> int:
    """Practice mode from an empty folder: hub, workers, scheduler, platforms, and the story."""
    import secrets
    import shutil
    import threading
    from pathlib import Path

    from hub import demo, embedded
    from hub.models import migrations
    from hub.wiring import open_hub

    port = words.port or int(environ.get("PORT") or 8000)
    data_dir = Path(environ.get("DEMO_DIR") or "var/demo").absolute()
    embedded.stop(data_dir)
    shutil.rmtree(data_dir, ignore_errors=True)
    unwanted = {"DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SHOPBRIDGE_KEYS", "SECRET_KEY"}
    environ = {**{name: value for name, value in environ.items() if name not in unwanted}, "SHOPBRIDGE_MODE": "practice",
               "DATA_DIR": str(data_dir), "BIND": f"127.0.0.1:{port}", "LOG_LEVEL": environ.get("LOG_LEVEL") or "WARNING"}
    config = configured(environ)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    embedded.ensure(data_dir)
    migrations.upgrade(config.database_url)
    hub = open_hub(config)
    password = secrets.token_urlsafe(9) + "-demo"
    demo.make_owner(hub, password)
    argv = [sys.executable, "-m", "hub.cli", "sandbox", "--port", str(port + 1), "--hub", config.public_url,
            "--catalogue", environ.get("CATALOGUE", ""), "--products", str(demo.PRODUCTS)]
    supervisor = _supervisor(config, environ, lambda: embedded.stop(data_dir), [Child("sandbox", argv, stops=2)])
    failed: list[str] = []

    def tell(stop: threading.Event) -> None:
        story = demo.Story(hub, stop, lambda says: print(f"story     | {says}", flush=True))
        for line in demo.lines_of(config.public_url, password):
            print(line, flush=True)
        try:
            story.run()
            for line in demo.lines_of(config.public_url, password):
                print(line, flush=True)
            if not words.once:
                story.go_on()
        except demo.Stopped:
            return
        except Exception as error:
            failed.append(repr(error))
            log.get("hub.cli").exception("the story ended early")
        if words.once:
            supervisor.stop()

    code = supervisor.run(tell)
    hub.close()
    return code or (1 if failed else 0)


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    parser.add_argument("--from", dest="start", default="", help="orders placed from then on (ISO 8601, UTC); 30 days")
    parser.add_argument("--to", dest="end", default="", help="… and before then; now")


def _doctor(words: Words, environ: Environ) -> int:
    """Looks at everything and says what needs a person. It answers 0 whatever it finds: the checks tell."""
    import json
    from datetime import UTC, datetime

    from sqlalchemy.exc import OperationalError, ProgrammingError

    from hub.flows import doctor
    from hub.wiring import open_hub

    def moment(text: str) -> datetime | None:
        found = datetime.fromisoformat(text) if text else None
        return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found

    try:
        start, end = moment(words.start), moment(words.end)
    except ValueError as error:
        print(f"--from and --to are times such as 2026-11-01 or 2026-11-01T12:00:00Z: {error}", file=sys.stderr)
        return 2
    hub = open_hub(configured(_of_this_folder(environ)))
    try:
        found = doctor.examine(hub, start, end)
    except (OperationalError, ProgrammingError) as error:
        print(f"The database can't be read: {error.orig}. Check DATABASE_URL and DATA_DIR; `shopbridge migrate` makes its tables.", file=sys.stderr)
        return 2
    finally:
        hub.close()
    print(json.dumps(found, indent=2) if words.json else "\n".join(doctor.lines(found)))
    return 0


def _of_this_folder(environ: Environ) -> Environ:
    """Where no settings say which hub is meant: the one of this folder that was at work last, live or demo."""
    from pathlib import Path

    if any(environ.get(name) for name in ("DATA_DIR", "DATABASE_URL", "SHOPBRIDGE_MODE")):
        return environ
    demo = Path(environ.get("DEMO_DIR") or "var/demo")
    changed = {folder: max((one.stat().st_mtime for one in folder.glob("hub.db*")), default=0.0) for folder in (Path("var/live"), demo)}
    if changed[demo] <= changed[Path("var/live")]:
        return environ
    print(f"The demo's hub, in {demo}:", file=sys.stderr)
    return {**environ, "SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(demo)}


COMMANDS: list[Command] = [
    Command("run", "Run the hub: web, workers, scheduler and, unless REDIS_URL is set, the queue.", _run),
    Command("demo", "Practice mode: the hub with practice platforms and a story; no account anywhere.", _demo, _demo_arguments),
    Command("sandbox", "The practice platforms alone: TikTok Shop and a store of each system.", _sandbox, _sandbox_arguments),
    Command("worker", "A worker, for one or more queues.", _worker, _worker_arguments),
    Command("scheduler", "A scheduler; several may run, one acts.", _scheduler),
    Command("migrate", "Bring the database to the newest version.", _migrate),
    Command("doctor", "Say how the hub is: connections, ledger, queue, and what needs a person.", _doctor, _doctor_arguments),
    Command("create-owner", "Create the first account.", _create_owner, _create_owner_arguments),
    Command("routes", "List the addresses that the web side answers.", _routes),
    Command("new-key", "Make a key for SHOPBRIDGE_KEYS, or with --secret a SECRET_KEY.", _new_key, _new_key_arguments),
    Command("rotate-keys", "Seal every secret anew with the first key of SHOPBRIDGE_KEYS.", _rotate_keys),
]


if __name__ == "__main__":
    sys.exit(main())
