"""The app whose messages the ingest benchmark posts."""

APP_KEY, APP_SECRET = "6abc9bench", "a benchmark's secret, long enough"
