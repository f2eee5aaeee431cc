"""Proof that no draw is gone or was changed since a digest sealed it, and that new ones are what their seeds draw."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from events.audit.reading import guarded
from events.audit.sealing import compact, sha256
from events.audit.sentences import Problem
from events.models import AuditDigest, Sample, SampleItem
from events.rechecks import verifying


def new_samples() -> dict[str, str]:
    """The draws that no digest has sealed yet: the fingerprint of each by its primary key."""
    known = _sealed()
    return {str(pk): fingerprint for pk, fingerprint in _fingerprints() if str(pk) not in known}


def sample_problems() -> Iterator[Problem]:
    """Draws are never edited or removed; those that are new are drawn again."""
    found, sealed = {str(pk): fingerprint for pk, fingerprint in _fingerprints()}, _sealed()
    for key, (digest, expected) in sealed.items():
        if found.get(key) != expected:
            what = _("as digest no. %(digest)d sealed it") % {"digest": digest}
            yield _("Sample no. %(key)s") % {"key": key}, what, expected, found.get(key)
    for sample in Sample.objects.exclude(pk__in=[int(key) for key in sealed if key.isdecimal()]).order_by("pk"):
        subject = _("Sample no. %(key)s") % {"key": sample.pk}
        yield from guarded(subject, _("the draw"), _draw_problems(sample, subject))


def _draw_problems(sample: Sample, subject: str) -> Iterator[Problem]:
    for problem in verifying.sample_problems(sample):
        yield subject, _("the draw"), _("as its seed draws it"), problem


def _sealed() -> dict[str, tuple[int, str]]:
    """The number of the first digest that sealed a draw, and its fingerprint then, by the draw's primary key."""
    sealed: dict[str, tuple[int, str]] = {}
    for number, content in AuditDigest.objects.order_by("number").values_list("number", "content").iterator():
        samples = content.get("samples") if isinstance(content, dict) else None
        for key, fingerprint in (samples if isinstance(samples, dict) else {}).items():
            sealed.setdefault(key, (number, fingerprint))
    return sealed


def _fingerprints() -> Iterator[tuple[int, str]]:
    """SHA-256 over all that was settled when a sample was drawn."""
    settled = (
        "pk", "grid_name", "period_from", "period_until", "ordinal", "seed", "announced", "size", "population_size",
        "population_digest", "drawn_by", "drawn_by_name", "drawn_at",
    )  # fmt: skip
    for sample in Sample.objects.order_by("pk").values_list(*settled).iterator():
        drawn = SampleItem.objects.filter(sample=sample[0]).order_by("place")
        numbers = list(drawn.values_list("place", "event__number"))
        yield sample[0], sha256(compact([[str(value) for value in sample], numbers]))
