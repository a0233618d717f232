"""The researcher's desk: her studies, how far each expert is, and the acts that make up a study's life."""
