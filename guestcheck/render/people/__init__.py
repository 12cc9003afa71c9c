"""The formats for people: each paints a `Page` (see `render/page`), and decides nothing of what is
on it.
"""
