from django.contrib.admin.apps import AdminConfig


class MendAdminConfig(AdminConfig):
    """Django's admin, for the operator: accounts and built-in content only."""

    default_site = "accounts.admin_site.OperatorSite"
