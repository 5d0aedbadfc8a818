import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diip.settings")

application = get_wsgi_application()

from diip.checks import refuse_unsafe_start  # noqa: E402 - reads settings, so it comes after
from diip.common.database.limits import Work, work_as  # noqa: E402
from diip.common.http_api.wsgi_request import Utf8Request  # noqa: E402

work_as(Work.WEB)
application.request_class = Utf8Request
refuse_unsafe_start()
