"""cli: tests of collect, being written."""
