"""Models, intervals, reliability and power, as numbers only.

No module here reads a file or writes a sentence.
"""
