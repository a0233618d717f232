"""Songs from files: reading, and deciding which can be used."""
