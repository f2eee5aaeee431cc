import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import audit
from events.audit.sealing import Copy, NoDigest, read_copies
from events.management.commands.escalate_overdue import moment
from events.models import AuditDigest


class Command(BaseCommand):
    help = (
        "Prove that every event is what its steps tell, and that nothing is missing: replay, hash chain, deadlines, "
        "outbox, balance, and everything that the daily digests sealed."
    )

    def add_arguments(self, parser):
        parser.add_argument("--files", action="store_true", help="read every photo and file and compare its hash")
        parser.add_argument(
            "--against", type=Path, help="a file with digests that were kept outside: mails, or lines of the log"
        )
        parser.add_argument("--at", help="the time as of which something is late, with its zone; now if not given")
        parser.add_argument("--processes", type=int, default=os.cpu_count(), help="as many as the machine has cores")

    def handle(self, *args, files: bool, against: Path | None, at: str | None, processes: int, **options):
        copies = _read(against) if against else []
        as_of, tally, found = moment(at) if at else timezone.now(), audit.Tally(), 0
        checked = audit.problems_by_many(processes=processes, at=as_of, read_files=files, tally=tally)
        for sentence in audit.told_delays(audit.delays(at=as_of)):
            self.stdout.write(sentence)  # nothing is lost by it
        for sentences in (audit.copy_problems(copies), checked):
            for sentence in sentences:
                found += 1
                self.stderr.write(sentence)
        if found:
            raise CommandError(
                ngettext("%(count)d problem in the events.", "%(count)d problems in the events.", found)
                % {"count": found}
            )
        self.stdout.write(
            _("All %(count)d events agree with their steps, and nothing is missing.") % {"count": tally.events}
        )
        if copies:
            self.stdout.write(
                _(
                    "Everything that digests no. %(numbers)s sealed is still there and unchanged; there are %(count)d "
                    "in all."
                )
                % {
                    "numbers": ", ".join(str(copy.number) for copy in copies),
                    "count": AuditDigest.objects.count(),
                }
            )


def _read(path: Path) -> list[Copy]:
    try:
        copies = list(read_copies(path.read_text(errors="replace")))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except NoDigest as error:
        raise CommandError(_("What stands in %(path)s behind “audit digest” is no digest.") % {"path": path}) from error
    except ValueError as error:
        raise CommandError(_("A digest in %(path)s was cut short.") % {"path": path}) from error
    if not copies:
        raise CommandError(_("%(path)s holds no digest. It begins with “audit digest”.") % {"path": path})
    return copies
