"""A Stack Exchange that runs here: the API 2.3 with its wrapper, filters, quotas and `backoff`."""
