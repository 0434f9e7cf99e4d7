"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from django.views.i18n import set_language

from aifashion import health, metrics
from aifashion.accounts import views as accounts

admin.site.site_header = admin.site.site_title = "AI Fashion"
admin.site.index_title = gettext_lazy("The house")
# One door for everybody, with second step and lock.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path(
        "favicon.ico", RedirectView.as_view(url=lazy(static, str)("img/icon.svg")), name="favicon"
    ),  # asked for by habit
    path("metrics", metrics.metrics, name="metrics"),
    path("fabrics/", include("patterns.urls")),
    path("gallery/", include("patterns.gallery_urls")),
    path("studio/", include("patterns.studio.urls")),
    path("jobs/", include("patterns.jobs.urls")),
    path("account/", include("aifashion.accounts.urls")),
    # Without the forms' token, so that pages which need no cookie set none: a language is nothing worth forging.
    path("language/", csrf_exempt(set_language), name="set-language"),
    path("privacy/", accounts.privacy, name="privacy"),
    path("", include("aifashion.api.urls")),
    path("", include("tryon.urls")),
]

handler400 = "aifashion.errors.bad_request"
handler403 = "aifashion.errors.permission_denied"
handler404 = "aifashion.errors.not_found"
handler500 = "aifashion.errors.server_error"
