from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import account

app_name = "accounts"

urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("account/password/", account.PasswordView.as_view(), name="password_change"),
    path("theme/", account.theme_update, name="theme_update"),
]
