"""For addresses that are only posted to."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect

View = Callable[..., HttpResponseBase]


def post_only(page: str) -> Callable[[View], View]:
    """Let the view answer posts; whoever comes there otherwise is led to ``page`` of the same id.

    An address that was posted to is met again by ``GET`` after unlocking, by going back, and from
    the browser's history. Nothing is done then; ``page`` decides who may see it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: Any, pk: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in ("GET", "HEAD"):
                answer = redirect(page, pk=pk)
                answer.status_code = HTTPStatus.SEE_OTHER
                return answer
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return view(request, pk, *args, **kwargs)

        return answered

    return decorate
