"""The formats for programs: each chooses its fields from the report itself, for its fields are an
interface.
"""
