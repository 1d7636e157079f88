"""Where a log is kept: in memory, in SQL, and the head file beside it."""
