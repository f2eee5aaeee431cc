"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from saihan.checks import refuse_demo_accounts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saihan.settings")

application = get_wsgi_application()
refuse_demo_accounts()
