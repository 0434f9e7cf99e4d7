"""Models and pixel work of AI Fashion. Runs without the site: nothing in here imports Django."""
