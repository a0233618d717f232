"""What `gunicorn --config config/gunicorn.py config.wsgi` says itself goes into the log as the site's own lines do."""

from config.env import env_choice
from config.logs import logging_of

logconfig_dict = logging_of(env_choice("LOG", "plain", ("plain", "json")))
