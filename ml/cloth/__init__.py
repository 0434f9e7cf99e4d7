"""How cloth lies on a garment in a photo, guessed by a small net that learned it from rendered clothes."""
