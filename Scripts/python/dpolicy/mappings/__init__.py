"""Mappings of environments that this package knows, by name, with + for / and :."""
