"""What a report contains: its findings, tables, figures and texts, as a page, a PDF and files."""
