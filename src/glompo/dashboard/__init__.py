"""Pages in a browser on which runs can be watched and steered while they go on; they read the runs, as `show` does."""
