"""cli: tests of check, being written."""
