"""The operator's site: Django's admin, for accounts and the built-in guide, and nothing else."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.db.models.base import ModelBase
from django.utils.translation import gettext_lazy as _


class OperatorAdmin(ModelAdmin):
    """What a model is registered with to appear on the operator's site at all."""


class OperatorSite(AdminSite):
    """Takes only what was registered with an `OperatorAdmin`.

    Installed packages register their own models, second-step secrets and sessions among them.
    Here those registrations do nothing, so that nothing appears by being installed.
    """

    site_header = _("Mend: operator")
    site_title = _("Mend")
    index_title = _("Accounts and the built-in guide")
    site_url = "/"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: Any,
    ) -> None:
        """Register with an `OperatorAdmin`; leave every other registration undone."""
        if admin_class is None or not issubclass(admin_class, OperatorAdmin):
            return
        super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: type[Model] | Iterable[type[Model]]) -> None:
        """Unregister what is registered; packages may take back what was never let in."""
        if isinstance(model_or_iterable, ModelBase):
            model_or_iterable = [model_or_iterable]
        super().unregister([model for model in model_or_iterable if self.is_registered(model)])
