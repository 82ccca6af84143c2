"""What can be done: one async function per thing that a person or the clock does. No action calls another."""
