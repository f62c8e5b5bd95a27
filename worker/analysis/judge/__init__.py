"""The embedded engine: a small cross-encoder reads each claim beside each passage of the answer."""
