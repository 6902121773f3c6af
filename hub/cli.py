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


COMMANDS: list[Command] = [
    Command("new-key", "Make a key for SHOPBRIDGE_KEYS, or with --secret a SECRET_KEY.", _new_key, _new_key_arguments),
    Command("rotate-keys", "Seal every secret anew with the first key of SHOPBRIDGE_KEYS.", _rotate_keys),
]


if __name__ == "__main__":
    sys.exit(main())
