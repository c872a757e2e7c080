"""Every agreement gets its record: what its rows say of it, and its shares' lines, chained."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from supervision.chain import hash_of, line_of, told


def chain(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the lines of each agreement in the order of their times and chain them."""
    for agreement in apps.get_model("supervision", "Agreement").objects.select_related("wording"):
        record = apps.get_model("supervision", "Record").objects.create(agreement=agreement)
        for line in sorted(_lines(apps, agreement), key=lambda line: line.at):
            line.record = record
            line.number, line.previous = record.length + 1, record.head
            line.share_uid = line.share_id
            line.hash = hash_of(
                line_of(
                    record=agreement.pk,
                    number=line.number,
                    previous=line.previous,
                    kind=line.kind,
                    at=line.at,
                    by=line.by_id,
                    share=line.share_id,
                    facts=line.facts,
                )
            )
            line.save()
            record.length, record.head = line.number, line.hash
        record.save()


def _lines(apps: Apps, agreement: Any) -> list[Any]:
    """Return the lines of an agreement: new ones about itself, and those there are of its shares.

    What happened at one time stays in the order it is listed in here.
    """
    line = apps.get_model("supervision", "ShareEvent")
    people = [str(agreement.supervisee_id), str(agreement.supervisor_id)]
    facts = {
        "supervisee": people[0],
        "supervisor": people[1],
        "wording": [agreement.wording.slug, agreement.wording.version],
    }
    about: list[tuple[Any, ...]] = [
        ("proposed", agreement.proposed_at, agreement.proposed_by_id, facts),
        ("accepted", agreement.supervisee_accepted_at, agreement.supervisee_id, {}),
        ("accepted", agreement.supervisor_accepted_at, agreement.supervisor_id, {}),
        ("declined", agreement.declined_at, agreement.declined_by_id, {}),
    ]
    ended: list[tuple[Any, ...]] = [("ended", agreement.ended_at, agreement.ended_by_id, {})]
    own, last = (
        [line(kind=kind, at=at, by_id=by, facts=given) for kind, at, by, given in some if at]
        for some in (about, ended)
    )
    shares = line.objects.filter(share__agreement=agreement).order_by("at", "id")
    found = list(shares.select_related("share__wording"))
    for one in found:
        one.facts = _receipt(one.share) if one.kind == "shared" else {}
    return [*own, *found, *last]


def _receipt(share: Any) -> dict[str, Any]:
    return {
        "supervisee": str(share.supervisee_id),
        "supervisor": str(share.supervisor_id),
        "entry": str(share.entry_uid),
        "revision": share.entry_revision,
        "version": share.version,
        "passages": list(share.passages),
        "purpose": share.purpose,
        "attestation": share.attestation,
        "wording": [share.wording.slug, share.wording.version],
        "identifiers_found": dict(share.identifiers_found),
        "identifiers_checked_at": told(share.identifiers_checked_at),
        "shared_at": told(share.shared_at),
        "expires_at": told(share.expires_at),
        "content_hash": share.content_hash,
        "sealed_to": str(share.sealed_to),
    }


class Migration(migrations.Migration):
    dependencies = [("supervision", "0003_record")]

    operations = [migrations.RunPython(chain, migrations.RunPython.noop)]
