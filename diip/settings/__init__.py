"""All settings, one file a topic; each value comes from the environment, with a default.

Three ways to start, told apart by DEBUG alone:
unset: a laptop. Secrets are made on first start and kept in `var/`; no debug pages.
true:  the same with Django's debug pages.
false: production. Missing or unsafe values refuse to start (see `diip/checks.py`).
"""

from diip.settings.accounts import *
from diip.settings.admin_theme import *
from diip.settings.alerts import *
from diip.settings.api import *
from diip.settings.application import *
from diip.settings.environment import *
from diip.settings.observability import *
from diip.settings.retention import *
from diip.settings.storage import *
from diip.settings.trackers import *
from diip.settings.web import *
