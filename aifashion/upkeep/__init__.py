"""Keeping what is kept: backups, their restoration, and whether rows and files still belong together."""
