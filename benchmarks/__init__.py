"""What is measured, with figures in the last line of standard output."""
