"""Voisin's core: what is true, what can be done, and when. It knows no platform and no database."""
