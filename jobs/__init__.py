"""The processes that work: workers that take tasks, the scheduler that finds what is due. Separate from the web."""
