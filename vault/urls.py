"""The vault's pages."""

from django.urls import path

from vault import views

urlpatterns = [
    path("vault/setup/", views.setup, name="vault_setup"),
    path("vault/unlock/", views.unlock, name="vault_unlock"),
    path("vault/lock/", views.lock, name="vault_lock"),
    path("vault/state/", views.state, name="vault_state"),
    path("vault/recovery/", views.recovery, name="vault_recovery"),
    path("vault/start-over/", views.start_over, name="vault_start_over"),
    path("vault/sealed/<uuid:pk>/", views.reopen, name="vault_reopen"),
]
