"""What crosses the border between the engine and a worker: messages, launch requests and their codec."""
