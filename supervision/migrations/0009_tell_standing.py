from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def tell_standing(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put into each share's row what its log, its comments and its other versions say."""
    shares = apps.get_model("supervision", "Share")._default_manager
    events = apps.get_model("supervision", "ShareEvent")._default_manager
    comments = apps.get_model("supervision", "Comment")._default_manager
    opened = events.filter(share=OuterRef("pk"), kind="opened", by=OuterRef("supervisor"))
    said = comments.filter(share=OuterRef("pk"), removed_at=None)
    last = said.order_by("-created_at", "-id").values("author")[:1]
    shares.update(
        opened_at=_one(opened, Min("at")),
        comment_count=Coalesce(_one(said, Count("pk")), 0),
        last_comment_at=_one(said, Max("created_at")),
    )
    talked = shares.annotate(last=Subquery(last)).exclude(comment_count=0)
    for side in ("supervisee", "supervisor"):
        theirs = talked.filter(last=F(side)).values("pk")
        shares.filter(pk__in=theirs).update(last_word=side)
    folded = shares.annotate(is_behind=_behind(shares)).filter(is_behind=True)
    shares.filter(pk__in=folded.values("pk")).update(is_folded=True)


def _one(rows: Any, value: models.Aggregate) -> Subquery:
    return Subquery(rows.order_by().values("share").annotate(value=value).values("value"))


def _behind(shares: Any) -> Q:
    """Return whether another version stands for a share: the newest open one, or the newest."""
    is_open = Q(revoked_at=None, expired_at=None)
    others = shares.filter(
        entry_uid=OuterRef("entry_uid"), supervisor=OuterRef("supervisor")
    ).exclude(pk=OuterRef("pk"))
    newer = others.filter(version__gt=OuterRef("version"))
    return (is_open & Exists(newer.filter(is_open))) | (
        ~is_open & (Exists(others.filter(is_open)) | Exists(newer))
    )


class Migration(migrations.Migration):
    dependencies = [("supervision", "0008_standing_of_shares")]

    operations = [migrations.RunPython(tell_standing, migrations.RunPython.noop)]
