"""A real Celery worker over a Redis-speaking server, for tests marked ``tasks``."""

import logging
import os
from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker

from config.celery import app
from tests.servers import redis_server


def _forget_connections() -> None:
    """Have Celery open its connections anew: it keeps those to the broker it first met."""
    app.pool.force_close_all()
    app._after_fork()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis-speaking server that Celery uses as its broker meanwhile."""
    with redis_server() as url:
        # What the environment names outranks the settings, whenever Celery looks.
        os.environ["CELERY_BROKER_URL"] = url
        _forget_connections()
        yield url
        del os.environ["CELERY_BROKER_URL"]
        _forget_connections()


@pytest.fixture
def celery_worker(redis_url: str, transactional_db: None) -> Iterator[None]:
    """A worker that takes tasks while the test runs, in a thread with a connection of its own."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    with start_worker(app, perform_ping_check=False, loglevel="WARNING"):
        yield
    # Celery takes the root logger over for good.
    root.handlers[:], root.level = kept
