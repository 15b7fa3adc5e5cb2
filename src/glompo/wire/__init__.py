"""What crosses the border between the engine and a worker: messages, parcels and their codec."""
