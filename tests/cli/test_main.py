"""cli: tests of main, being written."""
