"""What is true: plain values and what follows from them. No clock, no platform, no database."""
