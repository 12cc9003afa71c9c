"""Compares the tests' stand-ins for the programs that make an initramfs (tests/advice/stand_ins.py)
with the programs themselves, as Debian has them, and runs the printed repairs with these.
"""
