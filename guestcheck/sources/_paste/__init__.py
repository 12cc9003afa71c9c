"""Pasted text: made clean (`clean`), cut at commands and contents (`cut`) by what lines give away
(`kinds`, `commands`).
"""
