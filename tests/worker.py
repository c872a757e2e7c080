"""A real Celery worker over a Redis-speaking server, for tests marked ``tasks``."""

import logging
import os
from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker

from config.celery import app
from tests.servers import redis_server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis-speaking server that Celery uses as its broker meanwhile."""
    with redis_server() as url:
        # What the environment names outranks the settings, but Celery keeps the pool of
        # connections that it first opened until it is told to forget it.
        os.environ["CELERY_BROKER_URL"] = url
        app._after_fork()
        yield url
        app.pool.force_close_all()
        del os.environ["CELERY_BROKER_URL"]
        app._after_fork()


@pytest.fixture
def celery_worker(redis_url: str, transactional_db: None) -> Iterator[None]:
    """A worker that takes tasks while the test runs, in a thread with a connection of its own."""
    root = logging.getLogger()
    level = root.level
    with start_worker(app, perform_ping_check=False, loglevel="WARNING"):
        yield
    # Celery's own threshold would stay.
    root.setLevel(level)
