"""Decisions without I/O: values in, a decision with its reason out. Their tests are tables of cases."""
