"""Hours of supervision, and records of them for registers: no word of what was said."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reflection.export.pdf import CannotTypeset
from reflection.opening import read_uuid
from supervision.hours import as_csv, as_sheet, hours_of, lines_of
from vault.access import VaultRequest

EARLIEST, LATEST = 1900, 2200
UNAVAILABLE = 503


@require_GET
def meeting_hours(request: VaultRequest) -> HttpResponse:
    """Show the hours of one year by month and person. It needs no unlocked vault."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and EARLIEST <= int(asked[:4]) <= LATEST else None
    context = {"hours": hours_of(request.user, year)}
    return render(request, "supervision/meeting_hours.html", context)


@require_GET
def meeting_record(request: VaultRequest, year: int, ending: str) -> HttpResponse:
    """Send the record of a year, with one person alone where ``with`` names them."""
    if not EARLIEST <= year <= LATEST or ending not in ("csv", "pdf"):
        raise Http404
    other: UUID | None = None
    if "with" in request.GET:
        other = read_uuid(request.GET["with"])
        if other is None:
            raise Http404
    lines = lines_of(request.user, year, other)
    if ending == "csv":
        return _file(as_csv(lines).encode(), "text/csv; charset=utf-8", f"{year}.csv")
    try:
        pdf = as_sheet(request.user, year, lines).as_pdf()
    except CannotTypeset:
        said = _("The PDF could not be set this time. Take the table (CSV), which holds the same.")
        context = {"hours": hours_of(request.user, year), "trouble": said}
        return render(request, "supervision/meeting_hours.html", context, status=UNAVAILABLE)
    return _file(pdf, "application/pdf", f"{year}.pdf")


def _file(data: bytes, kind: str, ending: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="mend-supervision-{ending}"'
    response["Cache-Control"] = "no-store"
    return response
