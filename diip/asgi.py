import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diip.settings")

application = get_asgi_application()

from diip.checks import refuse_unsafe_start  # noqa: E402 - reads settings, so it comes after
from diip.common.database.limits import Work, work_as  # noqa: E402

work_as(Work.WEB)
refuse_unsafe_start()
