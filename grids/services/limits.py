"""How often a source may use a public page. Sources are known here by keyed hashes alone, and not for long."""

import ipaddress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils.crypto import salted_hmac

from grids.models import PublicUse


class PublicLimit(Exception):
    """A public page is used too often from one place; the sentence is for the resident."""

    def __init__(self, detail: str):
        super().__init__(str(detail))
        self.detail = str(detail)


def source_of(address: str) -> str:
    """A keyed hash of an internet address. A home of version 6 changes the lower half of its address at will."""
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:  # a proxy that is set up wrongly; all such count as one
        return hashed("address", "unknown")
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    network = ipaddress.ip_network((ip, 64 if ip.version == 6 else 32), strict=False)
    return hashed("address", str(network))


def hashed(kind: str, source: str) -> str:
    """A hash that only this system can make, for what is to be known again and never read."""
    return salted_hmac(f"events.public_use.{kind}", source, algorithm="sha256").hexdigest()


def _window(kind: str, at: datetime) -> tuple[datetime, datetime]:
    _limit, seconds = settings.PUBLIC_LIMITS[kind]
    start = datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
    return start, start + timedelta(seconds=seconds)


def spend(kind: str, source: str, at: datetime, uses: int = 1) -> bool:
    """Count one use, or several; False, and nothing counted, beyond the window's limit. Exact between processes."""
    limit, _seconds = settings.PUBLIC_LIMITS[kind]
    return _count(kind, source, at, uses, limit)


def note(kind: str, source: str, at: datetime) -> None:
    """Count one use, whatever the limit."""
    _count(kind, source, at, 1, None)


def _count(kind: str, source: str, at: datetime, uses: int, limit: int | None) -> bool:
    start, end = _window(kind, at)
    row, _made = PublicUse.objects.get_or_create(
        kind=kind, source=hashed(kind, source), starts_at=start, defaults={"ends_at": end}
    )
    rows = PublicUse.objects.filter(pk=row.pk)
    if limit is not None:
        rows = rows.filter(used__lte=limit - uses)
    return bool(rows.update(used=F("used") + uses))


def give_back(kind: str, source: str, at: datetime) -> None:
    """Take one use back, of what turned out to be no attempt."""
    start, _end = _window(kind, at)
    PublicUse.objects.filter(kind=kind, source=hashed(kind, source), starts_at=start, used__gt=0).update(
        used=F("used") - 1
    )


def is_exhausted(kind: str, source: str, at: datetime) -> bool:
    limit, _seconds = settings.PUBLIC_LIMITS[kind]
    start, _end = _window(kind, at)
    return PublicUse.objects.filter(kind=kind, source=hashed(kind, source), starts_at=start, used__gte=limit).exists()


def forget(at: datetime) -> int:
    """Remove what no limit asks for any more."""
    return PublicUse.objects.filter(ends_at__lt=at).delete()[0]
