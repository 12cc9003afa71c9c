"""What differs in the verdicts on a Windows guest's devices."""
