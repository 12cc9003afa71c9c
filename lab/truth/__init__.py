"""The boot truth table: what `guestcheck preflight` says of a guest's files before it is moved,
against what booting it there does.
"""
