"""The door for gunicorn. Unless told otherwise this is production, which refuses to start on development settings."""

import os

os.environ.setdefault("AIFASHION_ENV", "production")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aifashion.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
