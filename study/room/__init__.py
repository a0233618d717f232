"""The experts' pages. Views parse, ask `queries`, act through `services` and render; a GET changes nothing."""
