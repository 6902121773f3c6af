"""Values that every floor speaks in: frozen, exact, free of I/O. Standard library only."""
