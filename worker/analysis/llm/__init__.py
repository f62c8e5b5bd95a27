"""The provider engine: a language model finds the evidence, this package checks it, scoring.py scores it."""
