"""The HTTP service of the AI Interview Simulator."""

__version__ = "0.1.0"
