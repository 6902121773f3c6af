"""Measurements, run by `make bench` only. Each goal is a ratio against a bound that is taken in the same run."""
