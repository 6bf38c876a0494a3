"""Tables that search, filters and facets read; they are derived from the issues.

Only `catalog.search.indexing` writes them. `rebuild_search` can rebuild every row from the catalog,
and no row is ever shown.
"""

import datetime
from typing import Any, Self

from django.db import connection, models
from django.db.models.lookups import Lookup

# The lower bits of a stamp hold the issue's id, the upper bits the number of its day.
_ID_BITS = 40


def stamp(date: datetime.date, pk: int) -> int:
    """Return the one number by which issues are ordered by date, then id."""
    return (date.toordinal() << _ID_BITS) | pk


class IssueText(models.Model):
    """The folded words of one listed issue, in one column per ranked field.

    `id` is the issue's stamp, so an index over these rows is sorted by date and a search can stop
    after the newest hits. `home` holds publication, author and cluster. `keys` holds the filter
    keys as words that cannot occur in texts, because each contains a `=`: `every= id=12 tier=5
    in=interconnects tag=rlhf …`. A single index therefore serves words and filters together.

    On SQLite the rows are the content of the full-text table `catalog_textmatch`. On PostgreSQL
    each row has a generated `tsvector` column, `document`.
    """

    id = models.BigAutoField(primary_key=True)
    issue = models.OneToOneField("catalog.Issue", models.CASCADE, related_name="text")
    title = models.TextField()
    tags = models.TextField()
    summary = models.TextField()
    home = models.TextField()
    keys = models.TextField()

    def __str__(self) -> str:
        return self.title


TEXT_COLUMNS = ("title", "tags", "summary", "home", "keys")


class TextMatch(models.Model):
    """SQLite's full-text table, to be joined to: `text__match__words__finds="reward"`.

    Its order is its rowid's, so that hits are compared and ordered by `text__match__row`.
    """

    row = models.OneToOneField(
        IssueText, models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="match"
    )
    # The hidden column with the name of the full-text table is the operand of MATCH.
    words = models.TextField(db_column="catalog_textmatch")

    class Meta:
        managed = False
        db_table = "catalog_textmatch"

    def __str__(self) -> str:
        return str(self.pk)


@models.TextField.register_lookup
class Finds(Lookup):
    """Match a query in the database's own syntax: `TextMatch.words` or `IssueText.keys`."""

    lookup_name = "finds"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} MATCH %s", [*parameters, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # The generated column exists on PostgreSQL only, so the model has no field for it.
        alias = compiler.quote_name(self.lhs.alias)
        return f'{alias}."document" @@ %s::tsquery', [self.rhs]


class WordQuerySet(models.QuerySet["Word"]):
    def beginning(self, prefix: str) -> Self:
        """Return the words that begin so, read from an index on either database."""
        if connection.vendor == "sqlite":
            return self.filter(text__gte=prefix, text__lt=f"{prefix}\U0010ffff")
        return self.filter(text__startswith=prefix)

    def commonest_first(self) -> Self:
        return self.order_by("-uses", "text")


class Word(models.Model):
    """A word of the catalog and its number of uses, for prefixes and spelling suggestions."""

    text = models.CharField(max_length=100, unique=True)
    uses = models.PositiveBigIntegerField()

    objects = WordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="word_by_uses", fields=["-uses", "text"])]

    def __str__(self) -> str:
        return self.text


class KeyCount(models.Model):
    """How many listed issues have a key: `facet` and `value` of `tag=rlhf` are `tag`, `rlhf`."""

    facet = models.CharField(max_length=20)
    value = models.CharField(max_length=200)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="key_count_once", fields=["facet", "value"])]
        indexes = [models.Index(name="key_by_count", fields=["facet", "-count", "value"])]

    def __str__(self) -> str:
        return f"{self.facet}={self.value}"
