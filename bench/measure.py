"""One bench in a process and a database of its own: `python -m bench.measure NAME [--quick]`, figures as JSON lines."""

import argparse
import importlib
import json
import sys
from dataclasses import asdict

import django
from django.core.management import call_command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    bench = importlib.import_module(f"bench.{options.name}")
    for figure in bench.figures(options.quick):
        print(f"    {figure.what}: {figure.value:.4g} {figure.unit}", file=sys.stderr, flush=True)
        print(json.dumps(asdict(figure)), flush=True)


if __name__ == "__main__":
    main()
