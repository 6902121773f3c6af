"""The store plugins: their zips, and their own tests."""
