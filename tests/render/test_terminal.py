"""render/terminal.py: tests being written."""
