"""The web application, for a WSGI server: `gunicorn wsgi:app`."""

from __future__ import annotations

import os

from admin import attach
from hub import log
from hub.app import create_app, settle
from hub.config import Config

config = Config.from_env(os.environ)
log.configure(level=config.log_level, as_json=config.log_format == "json")
app = create_app(config)
attach(app)
settle()
