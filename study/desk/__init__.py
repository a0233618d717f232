"""The researcher dashboard: studies, progress of experts, and actions on a study."""
