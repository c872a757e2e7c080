"""Uploads that stay in memory: what somebody brings is their clear text, and no file is made of it.

The framework's own handler for memory drops what is larger than it likes; this one takes up to a
limit that the page states.
"""

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any, Concatenate, ParamSpec

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]


class MemoryHandler(FileUploadHandler):
    """Holds all files of a request in memory, ``most`` bytes together at most.

    Beyond that it keeps nothing, lets the rest go by, and says so in ``is_too_large``.
    """

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self._left = most
        self._held = BytesIO()
        self.is_too_large = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin to hold a file."""
        super().new_file(*args, **kwargs)
        self._held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Hold a piece of it. Raises ``StopUpload`` at the limit."""
        self._left -= len(raw_data)
        if self._left < 0:
            self.is_too_large = True
            self._held = BytesIO()
            raise StopUpload(connection_reset=False)
        self._held.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return the file."""
        self._held.seek(0)
        return InMemoryUploadedFile(
            self._held,
            self.field_name,
            self.file_name or "",
            self.content_type or "",
            file_size,
            self.charset,
            self.content_type_extra,
        )


def uploads_in_memory(most: int) -> Callable[[View[P]], View[P]]:
    """Let a view take files of ``most`` bytes together, in memory alone.

    The form's token is checked only after the handler is in place: to find it, the whole post is
    read, files and all.
    """

    def decorated(view: View[P]) -> View[P]:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def taken(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request.upload_handlers = [MemoryHandler(request, most)]
            return protected(request, *args, **kwargs)

        return taken

    return decorated


def is_too_large(request: HttpRequest) -> bool:
    """Tell whether the request's files were more than its view takes."""
    return any(getattr(one, "is_too_large", False) for one in request.upload_handlers)
