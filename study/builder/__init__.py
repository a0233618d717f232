"""The study builder: a researcher writes a study file in the browser, field by field, and creates a study from it.

A draft is the content of a study file, with or without faults. `content` and `toml_text` hold what can be done to it,
`steps` says which fields each page shows, `faults` finds what is still wrong, `drafts` writes.
"""
