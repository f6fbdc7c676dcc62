"""What miners read of source code: definitions, their documentation, tests, messages."""
