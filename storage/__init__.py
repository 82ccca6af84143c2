"""The memory: every promise of Voisin is a row of SQLite or PostgreSQL."""
