"""Error reports and log lines that hold nothing anybody wrote."""

import logging
import traceback
from collections.abc import ItemsView, Mapping
from copy import copy
from types import TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class SilentReporterFilter(SafeExceptionReporterFilter):
    """No local variables, posted fields, cookies, headers or settings, in any error report."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return that it always filters, with ``DEBUG`` too."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return nothing of what was posted."""
        return {}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        """Return no variable of any frame."""
        return {}.items()

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Return no header: a referrer may hold a token."""
        return {}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Return no cookie."""
        return {}

    def get_safe_settings(self) -> dict[str, Any]:
        """Return no setting."""
        return {}


class TypeOnlyFormatter(logging.Formatter):
    """Writes an exception as where it happened and of what type, never with its message.

    A database's message may quote the row, and a parser's the text it could not read.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the type too where Celery would put an exception's text into it."""
        record = copy(record)
        record.exc_text = None  # As another formatter, with less to hide, may have left it.
        if isinstance(record.args, Mapping) and "exc" in record.args:
            kind = record.exc_info[0] if record.exc_info else None
            record.args = {**record.args, "exc": kind.__name__ if kind else "an error"}
        return super().format(record)

    def formatException(self, ei: ExcInfo) -> str:
        """Return the frames and the exception's type, those of its causes first."""
        error = ei[1]
        lines: list[str] = []
        while error is not None:
            frames = traceback.format_tb(error.__traceback__)
            lines[:0] = [*frames, f"{type(error).__module__}.{type(error).__qualname__}\n"]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()
