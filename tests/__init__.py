"""What is held true of guestcheck; folders mirror the package, and `makers` makes guests in one
line.
"""
