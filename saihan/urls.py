from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from saihan import views
from saihan.forms import OwnPasswordForm

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/login/", views.Login.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path(
        "accounts/password_change/", auth.PasswordChangeView.as_view(form_class=OwnPasswordForm), name="password_change"
    ),
    path("accounts/password_change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("healthz", views.healthz, name="healthz"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/docs/", login_required(SpectacularSwaggerSplitView.as_view(url_name="api_schema")), name="api_docs"),
    *(
        path("api/v1/", include(module))
        for module in ("saihan.api", "grids.api", "branches.api", "volunteers.api", "events.api")
        if find_spec(module)
    ),
    *(
        path("", include(module))
        for module in ("grids.urls", "branches.urls", "volunteers.urls", "events.urls")
        if find_spec(module)
    ),
]

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.page_not_found
handler500 = views.server_error
