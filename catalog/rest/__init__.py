"""What every endpoint of the REST API shares: access, errors, conditional requests, pages."""
