"""Print, as JSON, the session cookie of DjangoCRM's sales manager and a lead and a deal he sees."""

import json
import os
import sys
from importlib import import_module

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "peer_settings"
django.setup()

from crm.models import Deal, Lead  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402

user = User.objects.get(username="IamGlobalSALES")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
lead, deal = (model.objects.order_by("pk")[500].pk for model in (Lead, Deal))
sys.stdout.write(json.dumps({"session": session.session_key, "lead": lead, "deal": deal}))
