"""Telling people: e-mail now, other ways later. What is told to whom is decided in the flows."""
