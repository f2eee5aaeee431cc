"""The real settings, kept away from the developer's own data and made quick."""

import atexit
import os
import shutil
import tempfile

for name in (
    "SAIHAN_ENV",
    "DEBUG",
    "SECRET_KEY",
    "FIELD_KEYS",
    "AUDIT_KEYS",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "EMAIL_URL",
    "EMAIL_FROM",
    "SITE_URL",
):
    os.environ.pop(name, None)
os.environ["SAIHAN_VAR"] = tempfile.mkdtemp(prefix="saihan-test-")
atexit.register(shutil.rmtree, os.environ["SAIHAN_VAR"], ignore_errors=True)
# Playwright keeps an event loop in the thread that runs the tests, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from saihan.settings import *  # noqa: E402, F403  after the environment is cleared

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "grids.hashers.OneTimePasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The processes of a parallel run share one Redis, and each of them numbers its imports from 1.
CACHES["progress"]["KEY_PREFIX"] = str(os.getpid())  # noqa: F405  the star above brings it
# Each client of a test would list all static files first; thus they are looked for when they are asked for.
WHITENOISE_AUTOREFRESH = True
if "TEST_TEMPLATE" in os.environ:  # migrated already, see tests.servers
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["TEST_TEMPLATE"]}  # noqa: F405
