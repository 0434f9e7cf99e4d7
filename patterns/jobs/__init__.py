"""Long work outside the web process: whoever wants some calls :func:`patterns.jobs.services.enqueue`."""
