"""Shared parts of the REST API's endpoints: access, errors, conditional requests, pagination."""
