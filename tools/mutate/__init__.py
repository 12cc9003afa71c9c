"""Change the code in small ways and see whether a test notices: `python -m tools.mutate FOLDER`.

A mutant is one change in one function. A mutant that survives marks a line that no test holds:
write the test that fails with it, or say why the change makes no difference.

Pytest collects the tests once. A first run without a mutant must pass; it records which functions
each test calls, and how long it takes. Then each mutant gets a forked process. In it the function
gets the changed code, and the tests that call the function run, the quickest first, until one
fails. No file is changed.

Limits: tests that start guestcheck as a new process do not see the mutant. Values that tests
compute while they are collected come from the unchanged code. Tables outside functions and default
arguments are not changed. It needs POSIX (fork).
"""
