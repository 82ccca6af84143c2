"""Every sentence that Voisin says, in the languages that it speaks."""
