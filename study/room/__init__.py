"""Pages for experts: views that call queries and services; GET never writes."""
