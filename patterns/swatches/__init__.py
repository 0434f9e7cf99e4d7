"""Swatches: real pictures of cloth that the generators learn from, where they come from, and which of them staff took."""
