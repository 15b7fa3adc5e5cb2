"""What runs beside an optimizer: its host, its view of the task, its mailbox."""
