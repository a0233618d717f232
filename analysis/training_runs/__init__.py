"""The report of training runs: Tables 1 and 2, Figures 5 and 6."""
