"""What `bench.stored` keeps, made in a process and database of its own: `python -m bench.making CASES [--quick]`.

No cases: the migrations, the tree, the categories and the people. Else so many cases put into that city: 5 of 100 are
open, the others were closed over two years.
"""

import argparse
import os

import django
from django.core.management import call_command

OPTIONS = argparse.ArgumentParser(description=__doc__)
OPTIONS.add_argument("cases", type=int)
OPTIONS.add_argument("--quick", action="store_true", help="a small city")


def main() -> None:
    given = OPTIONS.parse_args()
    django.setup()
    if given.cases:
        make_cases(given.cases)
    else:
        make_city(given.quick)


def make_city(quick: bool) -> None:
    from bench.city import build_city

    call_command("migrate", run_syncdb=True, verbosity=0)
    build_city(quick)


def make_cases(count: int) -> None:
    """Rows lie in the order of their filing, as in a database that grew: made place by place, they would be read too
    well."""
    from bench.cases import fill
    from bench.city import read_city
    from bench.copying import execute, without_indexes
    from events.models import Event, Notice, Step
    from events.services import keep_standings, rebuild_tallies

    with without_indexes(Event, Step, Notice):
        fill(read_city(), count, processes=os.cpu_count() or 1)
        execute("CREATE INDEX bench_order ON events_event (filed_at)", "CLUSTER events_event USING bench_order")
        execute("DROP INDEX bench_order")
    rebuild_tallies()  # of cases written in bulk there are none yet
    execute("VACUUM ANALYZE")
    keep_standings()


if __name__ == "__main__":
    main()
