"""Training runs: begun, watched, paused and judged by staff; done by the workers of patterns.jobs; published as generator versions."""
