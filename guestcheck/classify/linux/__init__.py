"""What differs in the verdicts on a Linux guest's devices: nothing."""
