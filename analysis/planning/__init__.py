"""What a planned study can find, as `plan_study` prints it: a module for each kind of question."""
