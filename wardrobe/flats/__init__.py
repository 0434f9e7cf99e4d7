"""One short file per garment over the shared shapes, folds, textures and studio. Add a garment: add it to ALL."""
