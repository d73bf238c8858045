"""The pytest face: each scenario is an item."""
