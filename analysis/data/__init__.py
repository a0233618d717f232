"""Ratings and datasets in: reading, checking, and what a user says about a table of their own."""
