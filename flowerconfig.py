"""Flower's options: it reads this file by itself. Its lines are in the shape of ours."""

# Flower takes every name here that is one of its options; `logging` is one, so nothing is imported by that name.
import os
import sys
from logging import ERROR, INFO, getLogger

from webapp import logs
from webapp.settings import SettingsError, read_host

try:
    address = read_host(os.environ, "FLOWER_ADDRESS")
except SettingsError as error:
    sys.exit(f"Flower cannot start: {error}")

logs.configure(INFO)
# At INFO it repeats its settings; as warnings it says of each worker that it does not answer yet, or no longer,
# which /api/health/ready says better.
getLogger("flower").setLevel(ERROR)
