"""The WSGI entry point: gunicorn wsgi:app, flask --app wsgi."""

import sys

from webapp.app import create_app
from webapp.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"The service cannot start: {error}")
