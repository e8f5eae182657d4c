"""Export of models that transformers and sentence-transformers saved, for `modelship pack`."""
