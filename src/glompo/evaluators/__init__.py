"""Where the task is evaluated."""
