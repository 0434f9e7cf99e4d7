"""People who sign in: how they come in, what of theirs goes with them, and how all of it goes out again or away."""
