import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import events.text

# As `events.searching.plain`, and the pairs of its characters without the spaces, so that 1号 is a pair, which is rarer
# than 1 and 号 are. `..` without brackets is three times as fast as with them, and rows are slower still.
FUNCTIONS = (
    r"""
    CREATE FUNCTION saihan_plain(VARIADIC written text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT regexp_replace(
            regexp_replace(
                regexp_replace(
                    translate(
                        normalize(' ' || array_to_string(written, ' ') || ' ', NFKC),
                        'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'
                    ),
                    '[^0-9a-z\u00c0-\u167f\u1810-\u1fff\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3'
                    '\uf900-\ufaff\U00020000-\U0003ffff]+', ' ', 'g'
                ),
                '[0-9]+|[a-z]+', ' \& ', 'g'
            ),
            ' +', ' ', 'g'
        )
    $$
    """,
    r"""
    CREATE FUNCTION saihan_pairs(plain text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
        SELECT (
            regexp_replace(replace(plain, ' ', ''), '..', '\& ', 'g') || ' '
            || regexp_replace(substr(replace(plain, ' ', ''), 2), '..', '\& ', 'g')
        )::tsvector
    $$
    """,
)
COLUMN = """
    ALTER TABLE events_event ADD COLUMN words text
    GENERATED ALWAYS AS (saihan_plain(title, description, address, place_name)) STORED
"""
# What waits to be sorted into the index is kept short: some filing has to do it.
INDEXES = (
    "CREATE INDEX event_words ON events_event USING gin (saihan_pairs(words)) WITH (gin_pending_list_limit = 512)",
    "CREATE INDEX event_number_end ON events_event (reverse(number) text_pattern_ops)",
)
UNDO = (
    "DROP INDEX event_number_end",
    "DROP INDEX event_words",
    "ALTER TABLE events_event DROP COLUMN words",
    "DROP FUNCTION saihan_pairs(text)",
    "DROP FUNCTION saihan_plain(text[])",
)


def keep_words(apps, schema_editor):
    _execute(schema_editor, *FUNCTIONS, COLUMN, *INDEXES)


def forget_words(apps, schema_editor):
    _execute(schema_editor, *UNDO)


def _execute(schema_editor, *statements):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0018_proof"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(max_length=20, validators=events.text.plain_text, verbose_name="name"),
                ),
                ("query", models.JSONField(verbose_name="filters")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="saved_filter_once")],
            },
        ),
        migrations.RunPython(keep_words, forget_words),
    ]
