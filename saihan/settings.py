"""Settings, all from the environment; `saihan/env.py` refuses what is wrong."""

from datetime import time, timedelta
from pathlib import Path
from urllib.parse import quote

from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from saihan import broker, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = env.folder("SAIHAN_VAR", BASE_DIR / "var")
PRODUCTION = env.choice("SAIHAN_ENV", ("development", "production"), "development") == "production"

# Without DEBUG nobody is ever shown a traceback, so it is off in development as well.
DEBUG = env.flag("DEBUG")
if DEBUG and PRODUCTION:
    env.stop("DEBUG", "is on, and must be off when SAIHAN_ENV is production.")
SECRET_KEY = env.secret_key("SECRET_KEY", required=PRODUCTION, keep=VAR / "secret_key")
# They encrypt names and phones of residents. Lost keys are lost names: back them up, apart from the database.
FIELD_KEYS = env.keys("FIELD_KEYS", required=PRODUCTION, keep=VAR / "field_keys")
# The first one signs the digest of each day; of older ones the public halves stay, to verify older digests with.
AUDIT_KEYS = env.keys("AUDIT_KEYS", required=PRODUCTION, keep=VAR / "audit_keys", public=True)
AUDIT_MISSED_AGAIN_DAYS = 3  # an acknowledged alarm that no check is made is raised again while none is
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") if PRODUCTION else env.hosts("ALLOWED_HOSTS", "") or ["*"]
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# The accounts that `load_demo` makes, and their published password: never in production.
DEMO_ALLOWED = not PRODUCTION
DEMO_PASSWORD = "saihan-demo"  # noqa: S105  it is published
DEMO_ACCOUNTS = {
    "worker": _("Grid worker"),
    "chief": _("Grid chief"),
    "community": _("Community"),
    "street": _("Street"),
    "district": _("District"),
    "city": _("City"),
    "police": _("Grid police officer"),
    "member": _("Party member volunteer"),
    "admin": _("Administrator"),
}

INSTALLED_APPS = [
    "saihan.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "mptt",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "saihan",
    "grids",
    "branches",
    "volunteers",
    "events",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "saihan.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "saihan.middleware.PasswordChangeFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "saihan.urls"
WSGI_APPLICATION = "saihan.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "saihan.icons"],
        },
    }
]

# Database
DATABASES = {
    "default": env.database("DATABASE_URL", None if PRODUCTION else f"sqlite:///{quote(str(VAR))}/saihan.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "grids.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "saihan.api.TokenEndsWithPassword"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "grids.hashers.OneTimePasswordHasher",
]
ONE_TIME_PASSWORD_AGE = timedelta(days=14)  # as long as it may wait for its first login
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workbench"
LOGOUT_REDIRECT_URL = "login"

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Static files: straight from their folders in development, collected and fingerprinted in production
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns at each start when it is missing
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "saihan.packages.PackageFinder",
]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # The views decide who gets a photo or file, so nobody else on the machine reads them.
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Photos and files
MEDIA_ROOT = VAR / "uploads"
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "events.uploads.BoundedUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 300  # what is too many is for the form to say, which keeps the text

# Security
SECURE_CSP = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    # Bars and the like set a width in a style attribute; style elements stay forbidden.
    "style-src": ["'self'"],
    "style-src-attr": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "saihan.views.csrf_failure"
SESSION_COOKIE_AGE = 14 * 24 * 3600
if PRODUCTION:
    # The proxy in front ends TLS; it must set this header itself and drop a client's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Email, only when there is a server for it
globals().update(env.email("EMAIL_URL") or {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"})

# Most servers send only what comes from the account that logged in.
_account = globals().get("EMAIL_HOST_USER", "")
DEFAULT_FROM_EMAIL = env.sender("EMAIL_FROM", _account if "@" in _account else "saihan@localhost")

# Notices. Links in them need to know where the pages are.
SITE_URL = env.site("SITE_URL")
NOTICE_QUIET_HOURS = (time(22, 0), time(7, 0))  # for who did not choose others
NOTICE_DIGEST_AT = time(7, 30)
NOTICE_ATTEMPTS = 20  # over three days: a mail server that is down for a weekend loses nothing
NOTICE_WEBHOOK_SECONDS = 10  # for one message in all, however slowly the robot answers
# Robots without https or inside our own network; in production that would let people knock at our own servers.
NOTICE_PRIVATE_WEBHOOKS = not PRODUCTION

# API
REST_FRAMEWORK = {
    # The token comes first so that a missing login answers 401, not 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "saihan.permissions.PasswordIsOwn",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "saihan.parsing.JSONParser",
        "rest_framework.parsers.FormParser",
        "saihan.parsing.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "saihan.parsing.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "saihan.api.exception_handler",
    # Counted in each process for itself, so several web processes allow a multiple of it.
    "DEFAULT_THROTTLE_RATES": {"token": "10/min"},
    # Whose address is counted: the one that our proxy saw, never one that the client made up.
    "NUM_PROXIES": 1 if PRODUCTION else 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": _("Saihan Grid API"),
    "DESCRIPTION": _("Community governance on grids: file a case and watch it climb the four loops."),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Its own seal of validity would be fetched from a server elsewhere.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "persistAuthorization": False,
        "validatorUrl": None,
        "defaultModelsExpandDepth": 0,  # the requests are what one comes for; the models open by a tap
    },
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SORT_OPERATIONS": False,
    "TAGS": [
        {"name": "token", "description": _("Logging in")},
        {"name": "grids", "description": _("The tree of grids")},
        {"name": "organisations", "description": _("Organisations that work on the grids")},
        {"name": "branches", "description": _("Party branches on the grids")},
        {"name": "categories", "description": _("What a case can be about")},
        {"name": "volunteers", "description": _("People who help")},
        {"name": "events", "description": _("Cases: file, follow, act")},
    ],
    "ENUM_NAME_OVERRIDES": {
        "Status": "events.workflow.Status",
        "Loop": "events.workflow.Loop",
        "Urgency": "events.workflow.Urgency",
        "Rating": "events.workflow.Rating",
        "Finding": "events.models.Finding",
        "LookState": "events.models.LookState",
        "Side": "events.workflow.Side",
        "Action": "events.serializers.ACTION_CHOICES",
        "StepAction": "events.workflow.Action",
        "Level": "grids.api.LEVEL_CHOICES",
        "OrganisationKind": "grids.models.OrganisationKind",
        "ServiceKind": "volunteers.models.ServiceKind",
        "OrderState": "volunteers.orders.workflow.OrderState",
        "EnrolmentState": "volunteers.enrolments.workflow.EnrolmentState",
        "BranchKind": "branches.models.branch.Branch.Kind",
        "SiteKind": "branches.models.SiteKind",
        "Kind": "events.models.Kind",
        "Unit": "events.models.Unit",
        "Stage": "events.models.ServiceLevel.Stage",
        "IntervalKind": "events.clock_api.KIND_CHOICES",
        "IntervalWhy": "events.clock_api.WHY_CHOICES",
        "LimitOrigin": "events.clock_api.ORIGIN_CHOICES",
    },
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "saihan.api.document_errors"],
}

# Celery. A task is confirmed after its work is done, so a killed worker's task runs again: tasks are safe to run twice.
SOCKET = broker.socket_path(VAR)
EMBEDDED_BROKER_URL = f"redis+socket://{quote(str(SOCKET))}"
CELERY_BROKER_URL = env.broker("BROKER_URL", None if PRODUCTION else EMBEDDED_BROKER_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# The daily check and a month's reports take minutes; the sweep and the notices must not wait behind them.
CELERY_TASK_ROUTES = {f"events.tasks.{name}": {"queue": "audit"} for name in ("check_daily", "make_monthly_reports")}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250_000  # kB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = TIME_ZONE
# A page never waits for a broker that is away: one try, and what was to be said is in the database anyway.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if CELERY_BROKER_URL.startswith("amqp")
    # Longer than the longest task, or Redis would hand a running one to a second worker.
    else {
        "visibility_timeout": 20 * 60,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "max_retries": 1,
        "interval_start": 0,
    }
)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # A message that nobody took before the next one is due is worthless.
    "sweep": {"task": "events.tasks.sweep", "schedule": 60, "options": {"expires": 55}},
    # Figures are exact all the time; folded they are read faster.
    "fold tallies": {"task": "events.tasks.fold_tallies", "schedule": 60, "options": {"expires": 55}},
    "continue sheets": {"task": "grids.tasks.continue_sheets", "schedule": 60, "options": {"expires": 55}},
    "erase contacts": {"task": "events.tasks.erase_contacts", "schedule": crontab(hour=3, minute=20)},
    "erase households": {"task": "volunteers.tasks.erase_households", "schedule": crontab(hour=3, minute=15)},
    "erase mediations": {"task": "volunteers.tasks.erase_mediations", "schedule": crontab(hour=3, minute=22)},
    "forget proposals": {"task": "branches.tasks.forget_proposals", "schedule": crontab(hour=3, minute=25)},
    "remind of activities": {
        "task": "volunteers.tasks.remind_of_activities",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 550},
    },
    "clean uploads": {"task": "events.tasks.clean_uploads", "schedule": crontab(hour=3, minute=30)},
    "list quick closings": {"task": "events.tasks.list_quick_closings", "schedule": crontab(hour=4, minute=10)},
    # Soon after midnight; in the other hours it makes up for an outage or a reorganisation, mostly for nothing.
    "keep standings": {"task": "events.tasks.keep_standings", "schedule": crontab(minute=8)},
    # Asked each hour, done on the first working day of a month; after an outage, on the next day that there is.
    "make monthly reports": {
        "task": "events.tasks.make_monthly_reports",
        "schedule": crontab(minute=25),
        "options": {"expires": 3000},
    },
    # What was confirmed goes on after a crash or without a broker, too; mostly there is nothing to do.
    "adjust deadlines": {"task": "events.tasks.adjust_deadlines", "schedule": 60, "options": {"expires": 55}},
    "continue hotlines": {"task": "events.tasks.continue_hotlines", "schedule": 60, "options": {"expires": 55}},
    "continue what-ifs": {"task": "events.tasks.continue_what_ifs", "schedule": 60, "options": {"expires": 55}},
    # Asked each hour, done once a day: after an outage at night, or a worker killed amid it, it is not left out.
    "check daily": {"task": "events.tasks.check_daily", "schedule": crontab(minute=40), "options": {"expires": 3000}},
    "watch check": {"task": "events.tasks.watch_check", "schedule": 600, "options": {"expires": 550}},
    "close votes": {"task": "branches.tasks.go_on_with_due_topics", "schedule": 60, "options": {"expires": 55}},
    "sweep orders": {"task": "volunteers.tasks.sweep_orders", "schedule": 60, "options": {"expires": 55}},
    "erase order contacts": {"task": "volunteers.tasks.erase_order_contacts", "schedule": crontab(hour=3, minute=35)},
    "deliver notices": {"task": "events.tasks.deliver_notices", "schedule": 60, "options": {"expires": 55}},
}

# How far a task is lives where worker and web both see it; with another broker than Redis there is no number to show.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "progress": broker.cache(CELERY_BROKER_URL),
}

# The pages for residents. How often, in how many seconds; counted in the database, sources as keyed hashes.
PUBLIC_LIMITS = {
    "report": (20, 3600),  # from one address: mobile networks and offices put hundreds of people behind one
    "report_in_grid": (60, 3600),  # in one community of some 3,000 households: a power cut brings dozens
    "look": (200, 3600),  # at open cases while reporting, from one address: several for each report
    "code": (20, 3600),  # wrong codes from one address
    "code_of_case": (30, 24 * 3600),  # wrong codes for one case, of 191 million possible ones
    "word": (10, 3600),  # what a resident adds to a case
    # Photos, each of at most 3 MB as it is stored: from one address and in one community as many as the reports there
    # may bring.
    "photo": (180, 3600),
    "photo_in_grid": (540, 3600),
    "photo_anywhere": (20_000, 24 * 3600),  # some 65 GB at most: whoever comes from very many addresses fills no disk
    "topic": (10, 3600),  # proposed for deliberation, from one address
    "topic_in_grid": (60, 3600),
    "topic_receipt": (20, 3600),  # wrong numbers of proposals from one address
    "slip": (20, 3600),  # wrong codes of voting slips from one address
    "slip_of_topic": (500, 3600),  # in one vote, of 24 ** 10 possible ones
    "answer": (20, 24 * 3600),  # without a slip, about one topic from one address
    "certificate": (60, 3600),  # wrong codes of service hours from one address, of 24 ** 16 possible ones
    "order": (10, 3600),  # services ordered, from one address
    "order_in_grid": (60, 3600),
    "order_code": (20, 3600),  # wrong codes of orders from one address, of 24 ** 10 possible ones
    "spam": (3, 7 * 24 * 3600),  # marked as nuisance, from one address, until it has to call instead
}
PUBLIC_FORM_SECONDS = (3, 12 * 3600)  # between opening and sending: no person is faster, and no page stays open longer
CASE_COOKIE_DAYS = 7  # the phone that opened a case with its code need not be told the code again
CONTACT_KEPT_DAYS = 180  # names, phones and photos after the case has ended; the reporting page says so
MEDIATION_KEPT_DAYS = 180  # names, phones, notes and results after a mediation has ended; its page says so
HOTLINE_KEPT_DAYS = 7  # what is left of an imported sheet of the hotline: time to mend the rows that it could not file
SOURCE_KEPT_DAYS = 7  # within a week a desk has seen what came, and has marked what is a nuisance

# A hot spot: so many cases of one category in one community within so many days.
HOT_SPOT_CASES = 5
HOT_SPOT_DAYS = 7

# Logs go to stderr and hold no personal data: paths and ids, no form contents and no query strings.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "saihan.logs.Formatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Its digests are copies that are kept outside the database; Celery raises the level of the root alone.
        "events.services.auditing": {"level": "INFO"},
    },
}
