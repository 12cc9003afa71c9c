"""render/text.py: tests being written."""
