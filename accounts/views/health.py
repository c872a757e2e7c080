"""Whether this process is up, and whether it can do its work."""

from http import HTTPStatus

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has every table, else 503.

    The queue is told of and not needed: writing and reading go on without it.
    """
    database = _database()
    ready = database == "ready"
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, "database": database, "queue": _queue()}, status=status)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "away"
    if missing:
        return "not migrated"
    return "ready" if _has_counters() else "without its cache table"


def _has_counters() -> bool:
    """Return whether tries can be counted: without, nobody could sign in."""
    try:
        with transaction.atomic():
            cache.get("readyz")
    except DatabaseError:
        return False
    return True


def _queue() -> str:
    if not settings.REDIS_URL:
        return "in this process"
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
    except redis.RedisError:
        return "away"
    finally:
        client.close()
    return "ready"
