"""Add the generated column that PostgreSQL searches, and its inverted index.

The texts are folded already, so each word is indexed as it is: PostgreSQL's parser would split or
drop words that SQLite keeps. Each field has its own weight, so that no phrase spans two fields.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FUNCTION = """
CREATE OR REPLACE FUNCTION room_words(folded text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(string_agg('''' || word || ''':' || least(place, 16383), ' '), '')::tsvector
    FROM unnest(string_to_array(folded, ' ')) WITH ORDINALITY AS each(word, place)
    WHERE word <> ''
$$
"""
ADD = """
ALTER TABLE catalog_issuetext ADD COLUMN document tsvector GENERATED ALWAYS AS (
    setweight(room_words(title), 'A') || setweight(room_words(tags), 'B') ||
    setweight(room_words(summary), 'C') || setweight(room_words(home), 'D') ||
    array_to_tsvector(string_to_array(keys, ' '))
) STORED
"""
INDEX = "CREATE INDEX issuetext_document ON catalog_issuetext USING gin (document)"
DROP = """
ALTER TABLE catalog_issuetext DROP COLUMN document;
DROP FUNCTION room_words
"""


def add_document(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION)
        schema_editor.execute(ADD)
        schema_editor.execute(INDEX)


def drop_document(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_search")]

    operations = [migrations.RunPython(add_document, drop_document)]
