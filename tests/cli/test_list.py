"""cli: tests of list, being written."""
