"""A metric and a generator. The generator's file, bigram.py, is the example of docs/models.md."""
