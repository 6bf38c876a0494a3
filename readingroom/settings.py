"""All settings; the only module that reads environment variables.

| variable | meaning | without it |
|---|---|---|
| `READINGROOM_DATA` | folder of the database and the secret key | `var/` |
| `READINGROOM_URL` | the readers' address, no path; `https://…` turns on TLS's part | plain http |
| `READINGROOM_PUBLIC` | `1` opens the catalog to anonymous readers, read-only | sign-in required |
| `READINGROOM_CANON` | what an issue of a tier weighs in the canon | `5:5,4:2` |
| `READINGROOM_SECRET_KEY` | Django's secret key | made on first run, kept in the data folder |
| `READINGROOM_HOSTS` | more Host headers to answer to, by commas | loopback and the URL's |
| `READINGROOM_CORS` | web origins that may use API and feeds by token, by commas; or `*` | none |
| `READINGROOM_DEBUG` | `1` for development only | `0` |
| `DATABASE_URL` | `postgres://…` or `sqlite:///…` | SQLite in the data folder |
"""

import os
import re
import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
# Desktop applications based on a browser have their own schemes, such as app://obsidian.md.
_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?/?", re.ASCII
)


def env_flag(name: str) -> bool:
    """Return whether an environment variable is 1; raise an error unless it is 0, 1 or unset."""
    value = os.environ.get(name, "") or "0"
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; expected 0 or 1.")
    return value == "1"


def env_url(name: str) -> str:
    """Return an http or https origin from the environment, or "" if it is unset."""
    value = os.environ.get(name, "").rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        is_site = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_site = False
    if is_site and (parts.path or parts.query or parts.fragment):
        raise ImproperlyConfigured(
            f"{name} is {value!r}. A path below the host is not supported: give the room a host "
            f"name of its own, as in {parts.scheme}://reading.example.org."
        )
    if not is_site or "@" in parts.netloc:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; expected an address such as https://reading.example.org."
        )
    return value


def env_origins(name: str) -> frozenset[str]:
    """Return web origins from the environment, as browsers send them; `*` allows any origin."""
    parts = {part.strip().lower() for part in os.environ.get(name, "").split(",")} - {""}
    if parts == {"*"}:
        return frozenset(parts)
    origins = set()
    for part in parts:
        if not (found := _ORIGIN.fullmatch(part)):
            raise ImproperlyConfigured(
                f"{name} holds {part!r}; expected origins such as https://reader.example.org, "
                f"separated by commas, or * alone."
            )
        scheme, host, port = found.groups()
        is_usual = (scheme, port) in {("http", "80"), ("https", "443")}
        origins.add(f"{scheme}://{host}" + (f":{port}" if port and not is_usual else ""))
    return frozenset(origins)


def env_weights(name: str, default: dict[int, int]) -> dict[int, int]:
    """Return integer weights by tier, parsed from `5:5,4:2`; missing tiers have weight 0."""
    if not (value := os.environ.get(name, "")):
        return default
    pairs = [re.fullmatch(r"\s*([1-5]):([0-9]{1,4})\s*", part) for part in value.split(",")]
    weights = {int(pair[1]): int(pair[2]) for pair in pairs if pair}
    if len(weights) != len(pairs) or not any(weights.values()):
        raise ImproperlyConfigured(f"{name} is {value!r}; expected tiers and weights: 5:5,4:2.")
    return weights


def env_database(default: Path) -> dict[str, Any]:
    """Return Django's database settings for DATABASE_URL, or for SQLite in the data folder."""
    # The path is not passed as a URL because it may contain spaces, "%" or "?".
    config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
    try:
        if url := os.environ.get("DATABASE_URL", ""):
            config = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(
            "DATABASE_URL is not a database address; "
            "expected postgres://user:password@host:port/name or sqlite:///path."
        ) from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE and WAL together let writers queue instead of failing; FULL survives a power
        # cut. One persistent connection per thread keeps the page cache warm.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY"
            ),
        }
    elif config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"DATABASE_URL names {config['ENGINE']}; SQLite and PostgreSQL are supported."
        )
    elif find_spec("psycopg") is None:
        raise ImproperlyConfigured(
            "DATABASE_URL names PostgreSQL, and its driver is missing: "
            "`uv run --with 'psycopg[binary,pool]' manage.py …` brings it, "
            "or `pip install 'psycopg[binary,pool]'`."
        )
    config["CONN_MAX_AGE"] = None
    config["CONN_HEALTH_CHECKS"] = config["ENGINE"] == "django.db.backends.postgresql"
    return config


def secret_key(folder: Path) -> str:
    """Return the secret key from the environment, or the one in the data folder (mode 0600).

    The key is created on first use. Two processes that start at once agree on one key: it is
    written to a temporary file and then linked into place, which succeeds for only one of them.
    """
    if key := os.environ.get("READINGROOM_SECRET_KEY", ""):
        if len(key) < 32:
            raise ImproperlyConfigured("READINGROOM_SECRET_KEY is shorter than 32 characters.")
        return key
    path = folder / "secret_key"
    try:
        if not path.exists():
            # The folder contains sessions and reading histories, so only the owner can read it.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = folder / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            try:
                draft.write_text(secrets.token_urlsafe(60))
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} cannot be used: {error.strerror}. "
            f"Set READINGROOM_DATA to a folder that can be written."
        ) from error
    if len(key) < 32:
        raise ImproperlyConfigured(f"{path} does not hold a whole key; remove it for a new one.")
    return key


DEBUG = env_flag("READINGROOM_DEBUG")
DATA_DIR = Path(os.environ.get("READINGROOM_DATA", "") or BASE_DIR / "var").absolute()
SITE_URL = env_url("READINGROOM_URL")
IS_PUBLIC = env_flag("READINGROOM_PUBLIC")
# The canon is the share of the total weight that has been read: a landmark counts 5, a notable 2.
CANON_WEIGHTS = env_weights("READINGROOM_CANON", {5: 5, 4: 2})
SECRET_KEY = secret_key(DATA_DIR)

INSTALLED_APPS = [
    "accounts",
    "catalog",
    "readingroom",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # For the widget templates that templates/django/forms overrides.
    "django.forms",
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

MIDDLEWARE = [
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "readingroom.doors.prevent_redirect_loops",
    "django.middleware.security.SecurityMiddleware",
    "readingroom.middleware.cross_origin",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "readingroom.doors.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SignInFirstMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# Origins that may use the API and the feeds (CORS), but never pages or sessions.
CORS_ORIGINS = env_origins("READINGROOM_CORS")

ROOT_URLCONF = "readingroom.urls"
CSRF_FAILURE_VIEW = "readingroom.errors.csrf_failure"
WSGI_APPLICATION = "readingroom.wsgi.application"
APPEND_SLASH = True

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
        },
    },
]

DATABASES = {"default": env_database(DATA_DIR / "readingroom.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Each worker caches rendered cards and figures for itself; all of it can be recomputed. Throttles
# count over all workers, so they do not use this cache: see `catalog.rest.throttles`.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "accounts:sign_in"

# Largest request body in bytes: a file of 20 MB, whose characters may triple in size as JSON.
# Django's own limits, which are smaller, apply to data in memory.
LARGEST_BODY = 64 * 1024 * 1024

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "readingroom.storage.ModuleStaticFilesStorage"},
}

# Pages load only files of this site, so the policy is strict and needs no nonce.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

_site = urlsplit(SITE_URL)
# Allowed Host headers: the site's own and loopback. `quickstart --host` adds another.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
if _site.hostname:
    ALLOWED_HOSTS.append(_site.hostname)
    CSRF_TRUSTED_ORIGINS = [SITE_URL]
if extra_hosts := os.environ.get("READINGROOM_HOSTS", ""):
    ALLOWED_HOSTS += [host.strip() for host in extra_hosts.split(",") if host.strip()]

SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
if _site.scheme == "https":
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    # Preloading applies to a whole domain, of which this host may be only a part.
    SILENCED_SYSTEM_CHECKS = ["security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# The API: JSON only, sessions and tokens, one error format. `catalog.rest` has the shared classes.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["catalog.rest.access.Access"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["catalog.rest.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["catalog.rest.throttles.ScopeThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60/min", "read": "600/min", "write": "120/min", "notes": "300/min",
        "curate": "300/min",
    },
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Anonymous clients are throttled by address. With a proxy it is the last in X-Forwarded-For,
    # the only one that the proxy added; earlier ones come from the client.
    "NUM_PROXIES": 1 if _site.scheme == "https" else 0,
    "EXCEPTION_HANDLER": "catalog.rest.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}  # fmt: skip
SPECTACULAR_SETTINGS = {
    "TITLE": "Reading Room",
    "DESCRIPTION": (
        "Everything that a reader or a curator can do on a page, for programs.\n\n"
        "Where an id or a slug is taken, digits alone are always an id, and anything else is a "
        "slug. A parameter takes several values only where it is an array."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    # Over HTTP, the document lists the server that it is requested from.
    "SERVERS": [{"url": SITE_URL or "/"}],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "readingroom.schema.complete",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Do not log 404s. `readingroom.doors` logs refused hosts and forms once each.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
