"""What is on a page for people, and in which order: laid out once, as data, and painted by each
format of `people/`.

`parts` has the types. `report.page_of` lays out a report. A new section is one entry there, a new
column one entry of its table's columns and one of its rows' cells.
"""
