"""Every setting in one file, read from the environment; ``.env.example`` explains each variable.

``AIFASHION_ENV`` is "development" (the default of the command line) or "production" (the default of ``aifashion.wsgi``).
Production refuses to guess: it needs SECRET_KEY and ALLOWED_HOSTS.
"""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from aifashion.environment import env_choice, env_flag, env_list, env_networks, env_number, env_secret, env_text
from aifashion.sentry import start_sentry

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = env_choice("AIFASHION_ENV", ("development", "production"), "development") == "production"
DEBUG = env_flag("DEBUG", False)
BEHIND_PROXY = env_flag("BEHIND_PROXY", False)

# --- Who may come in -------------------------------------------------------------------------------------------------
DEVELOPMENT_SECRET = "development-only-" + "not-a-secret-" * 4
if PRODUCTION:
    SECRET_KEY = env_secret("SECRET_KEY", "production needs a long random one of its own.")
    if SECRET_KEY == DEVELOPMENT_SECRET or SECRET_KEY.startswith("change-me"):
        raise ImproperlyConfigured(
            "SECRET_KEY is the published default: production needs a long random one of its own."
        )
    ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
    if not ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the hosts of this site, separated by commas.")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG is true: production never shows its insides; remove it.")
else:
    SECRET_KEY = env_text("SECRET_KEY", DEVELOPMENT_SECRET)
    ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

# --- The rooms -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "aifashion.accounts",  # before allauth and admin: its templates come first
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "patterns",
    "patterns.jobs",
    "patterns.training",
    "patterns.swatches",
    "tryon",
    "aifashion.api",
    "aifashion.upkeep",
]
MIDDLEWARE = [
    "aifashion.middleware.RequestId",
    "aifashion.middleware.HealthByAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "aifashion.middleware.PermissionsPolicy",
    "aifashion.middleware.Languages",  # before all that may answer with a page of its own
    "aifashion.middleware.BodyLimit",
    "aifashion.middleware.SessionCookie",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "aifashion.accounts.middleware.StaffNeedMfa",
    "django_htmx.middleware.HtmxMiddleware",
    "aifashion.doorkeeper.Doorkeeper",
    "aifashion.middleware.KindErrors",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "aifashion.urls"
WSGI_APPLICATION = "aifashion.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", ["aifashion.nonces.FromFolders", "aifashion.nonces.FromApps"])
            ],
            "builtins": ["aifashion.nonces"],
            "context_processors": [
                "csp.context_processors.nonce",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aifashion.accounts.context.mode",
            ],
        },
    }
]

# --- Rows ------------------------------------------------------------------------------------------------------------
DATABASE_URL = env_text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
try:
    DATABASES: dict[str, Any] = {
        "default": dict(dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True))
    }
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read; write sqlite:////path/db.sqlite3 or postgres://user:password@host:5432/name."
    ) from None
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Readers never wait for the writer (WAL), writers queue for up to 20 s, and a transaction takes the write lock at
    # its start, so that two of them cannot block each other half way.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
if DATABASE_PASSWORD := env_text("DATABASE_PASSWORD"):  # kept apart from the address, as secret managers do
    DATABASES["default"]["PASSWORD"] = DATABASE_PASSWORD
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Files -----------------------------------------------------------------------------------------------------------
MEDIA_ROOT = Path(env_text("MEDIA_ROOT", str(BASE_DIR / "media")))
DOWNLOAD_LINK_SECONDS = env_number("DOWNLOAD_LINK_SECONDS", 300, least=10, most=300)
PRIVATE_BUCKET = env_text("AWS_STORAGE_BUCKET_NAME")
CATALOGUE_BUCKET = env_text("AWS_CATALOGUE_BUCKET_NAME", PRIVATE_BUCKET)
AWS_REGION = env_text("AWS_S3_REGION_NAME", env_text("AWS_REGION", "us-east-1"))
S3_ENDPOINT = env_text("AWS_S3_ENDPOINT_URL")
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]


def _folder(name: str, base_url: str | None) -> dict[str, Any]:
    options = {"location": MEDIA_ROOT / name, "base_url": base_url, "file_permissions_mode": 0o600}
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def _bucket(name: str, folder: str, signed: bool) -> dict[str, Any]:
    from botocore.config import Config

    options = {
        "bucket_name": name,
        "location": folder,
        "endpoint_url": S3_ENDPOINT or None,
        "region_name": AWS_REGION,
        "querystring_auth": signed,
        "querystring_expire": DOWNLOAD_LINK_SECONDS,
        "file_overwrite": False,
        "default_acl": None,
        "object_parameters": {"ServerSideEncryption": "AES256"},
        "client_config": Config(
            signature_version="s3v4",
            retries={"mode": "standard", "total_max_attempts": 3},
            connect_timeout=5,
            read_timeout=20,
            s3={"addressing_style": "path" if S3_ENDPOINT else "virtual"},
        ),
    }
    return {"BACKEND": "patterns.bucket.Bucket", "OPTIONS": options}


# Python 3.11 does not know this one; buckets are told the type of what is put there.
mimetypes.add_type("image/webp", ".webp")
STORAGES: dict[str, Any] = {
    # People's own files. No public address: reached only through views that check who asks.
    "default": _bucket(PRIVATE_BUCKET, "private", True) if PRIVATE_BUCKET else _folder("private", None),
    # Pictures of stock garments, for everybody; links are signed where no public bucket of its own is named.
    "catalogue": _bucket(CATALOGUE_BUCKET, "catalogue", CATALOGUE_BUCKET == PRIVATE_BUCKET)
    if CATALOGUE_BUCKET
    else _folder("catalogue", "/catalogue/"),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Where `manage.py backup` writes: a folder, or s3://bucket/folder.
BACKUP_TO = env_text("BACKUP_TO", str(BASE_DIR / "backups"))
if BACKUP_TO.startswith("s3://"):
    STORAGES["backup"] = _bucket(*BACKUP_TO.removeprefix("s3://").partition("/")[::2], True)
else:
    STORAGES["backup"] = _folder(BACKUP_TO, None)
# Development serves static files straight from their folders; production from the collected, hashed ones.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# --- What is remembered for a while: counts of requests, shared by all machines unless it is this process's memory ---------
CACHE_URL = env_text("CACHE_URL", "database" if PRODUCTION else "memory")
_memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}}
_shared: dict[str, dict[str, Any]] = {
    "memory": _memory,
    "database": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    },
}
if CACHE_URL not in _shared and not CACHE_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("CACHE_URL cannot be read; write database, memory or redis://host:6379/1.")
_redis: dict[str, Any] = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": CACHE_URL,
    "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
}
CACHES: dict[str, dict[str, Any]] = {
    "default": _shared.get(CACHE_URL, _redis) | {"TIMEOUT": 3600},
    "near": _memory | {"LOCATION": "near"},
}

# --- Limits ----------------------------------------------------------------------------------------------------------
UPLOAD_MEGABYTES = 15
REQUEST_MEGABYTES = UPLOAD_MEGABYTES + 1  # a photo and the form around it
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Staff bring many pictures, or a zip, at once. The page checks who asks before it reads anything.
LARGER_BODIES = {"/admin/swatches/delivery/add/": 160}
DATA_UPLOAD_MAX_NUMBER_FILES = 500
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = REQUEST_MEGABYTES * 1024 * 1024
GARMENT_MODEL = env_text("GARMENT_MODEL")  # none: the one published in admin
RATE_LIMITS = env_flag("RATE_LIMITS", True)  # patterns/limits.py says how much
MODEL_CONCURRENCY = env_number("MODEL_CONCURRENCY", 2, least=1, most=64)
HEAVY_REQUESTS = env_number("HEAVY_REQUESTS", 4, least=1, most=256)  # of WEB_THREADS: the rest stay free for pages
HEAVY_WAIT_SECONDS = 2
MODEL_WAIT_SECONDS = env_number("MODEL_WAIT_SECONDS", 20, least=1, most=120)

# --- Long work -------------------------------------------------------------------------------------------------------
# Messages to the workers go through the database, or through Celery where a broker is named. The truth is the Job row.
JOB_BROKER_URL = env_text("JOB_BROKER_URL")
JOB_QUEUE_URL = env_text("JOB_QUEUE_URL")  # of SQS, where the queue was made beforehand
JOB_LEASE_SECONDS = env_number("JOB_LEASE_SECONDS", 60, least=2, most=3600)
TASKS: dict[str, Any] = {
    "default": {"BACKEND": "patterns.jobs.celery_backend.CeleryBackend"}
    if JOB_BROKER_URL
    else {"BACKEND": "django_tasks_db.DatabaseBackend"}
}

# Training runs and the models made from them; workers and the site share this folder, or the models come through the bucket.
TRAINING_ROOT, MODELS_ROOT = MEDIA_ROOT / "training", MEDIA_ROOT / "models"
TRAINING_CHUNK_SECONDS = env_number("TRAINING_CHUNK_SECONDS", 40, least=1, most=55)

# --- Security --------------------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 365 * 24 * 3600  # a visitor's work is theirs by this cookie
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "aifashion.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_SSL_REDIRECT = env_flag("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = env_number("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

_picture_homes = [S3_ENDPOINT] if S3_ENDPOINT else ["https://*.amazonaws.com"] if PRIVATE_BUCKET else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_picture_homes],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": PRODUCTION and SECURE_SSL_REDIRECT,
    }
}
PERMISSIONS_POLICY = (
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()"
)

# --- Accounts --------------------------------------------------------------------------------------------------------
# E-mail address and password (allauth), a second step for who wants it and for all staff, a lock after failures (axes).
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "profile"
ACCOUNT_ADAPTER = "aifashion.accounts.adapter.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_DISPLAY = "aifashion.accounts.adapter.display_name"
ACCOUNT_EMAIL_VERIFICATION = env_choice(
    "EMAIL_VERIFICATION", ("mandatory", "optional"), "mandatory" if PRODUCTION else "optional"
)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "AI Fashion: "
ACCOUNT_CHANGE_EMAIL = ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,10/5m/key"}  # the second step too; axes closes earlier on passwords
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # half a minute either way: clocks differ, and typing takes time (RFC 6238)
MFA_TOTP_ISSUER = "AI Fashion"
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "optional"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "aifashion.errors.locked"
AXES_CLIENT_IP_CALLABLE = "aifashion.accounts.adapter.client_address"
AXES_USERNAME_CALLABLE = "aifashion.accounts.adapter.account_tried"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login"]
AXES_RESET_ON_SUCCESS = AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False  # its log lines name people

# --- E-mail: on the console until a server is named --------------------------------------------------------------------
EMAIL_HOST = env_text("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env_number("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env_text("EMAIL_HOST_USER"), env_text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_text("DEFAULT_FROM_EMAIL", "AI Fashion <nobody@localhost>")

# --- Words -----------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each by the name that its own people call it
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-language" if PRODUCTION else "language"
LANGUAGE_COOKIE_AGE = SESSION_COOKIE_AGE
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = True, PRODUCTION, "Lax"
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True

# --- Log: one line an event; JSON for machines, plain for people -------------------------------------------------------
LOG_FORMAT = env_choice("LOG_FORMAT", ("json", "plain"), "json" if PRODUCTION else "plain")
LOG_LEVEL = env_choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "aifashion.logs.AddIds"}},
    "formatters": {
        "json": {"()": "aifashion.logs.JsonLines"},
        "plain": {
            "()": "aifashion.logs.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s %(job_id)s] %(message)s",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["ids"]},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}

# --- Watching: counts for Prometheus, errors for Sentry; neither unless asked for -----------------------------------------
METRICS_TOKEN = env_text("METRICS_TOKEN")
METRICS_ADDRESSES = env_networks("METRICS_ADDRESSES")
if SENTRY_DSN := env_text("SENTRY_DSN"):
    start_sentry(SENTRY_DSN, "production" if PRODUCTION else "development")
