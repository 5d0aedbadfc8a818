"""Settings, one file per topic; values come from the environment, with defaults.

DEBUG selects one of three modes:
unset: development. Secrets are generated on first start and kept in `var/`; no debug pages.
true:  development with Django's debug pages.
false: production. Missing or unsafe values prevent the start (see `diip/checks.py`).
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
