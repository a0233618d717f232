"""Saves by a page's script: ratings, comments and reports of listening, each inserted once and never changed."""
