"""Endpoints for the reader's own data, and for lists that include it."""
