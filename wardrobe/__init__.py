"""The stock garments: drawn from scratch by our own scripts, so that they are ours to give away."""
