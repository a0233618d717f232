"""Numbers only: models, intervals, reliability and power. No file is read here and no sentence is written."""
