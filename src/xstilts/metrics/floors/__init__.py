"""What is reached without learning, where that takes more than a line: one file a task type."""
