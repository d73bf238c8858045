"""The agents under test: loading them, and reading their graph."""
