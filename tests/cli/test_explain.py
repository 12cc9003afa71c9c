"""cli: tests of explain, being written."""
