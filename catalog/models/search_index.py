"""What search, filters and facets read: kept beside the issues, and made from them alone.

`catalog.search.indexing` is the only writer. Every row here can be made again from the catalog
(`rebuild_search`), and none is ever shown.
"""

import datetime
from typing import Any, Self

from django.db import connection, models
from django.db.models.lookups import Lookup

# An issue's id takes the lower bits of its stamp, the number of its day the upper ones.
_ID_BITS = 40


def stamp(date: datetime.date, pk: int) -> int:
    """Return the one number by which issues are ordered by date, then id."""
    return (date.toordinal() << _ID_BITS) | pk


class IssueText(models.Model):
    """The words of one listed issue, folded, in the fields by which a hit is weighed.

    `id` is the issue's stamp, so that an index over these rows stands in the order of date, and
    the newest hits are read first and the others never. `home` holds publication, author and
    cluster. `keys` holds what a filter asks for, as words that no text contains, for there is a
    `=` in each: `every= id=12 tier=5 in=interconnects tag=rlhf …`. So one index answers words and
    filters together.

    On SQLite the rows are the content of the full-text table `catalog_textmatch`; on PostgreSQL
    each has a generated column, `document`, that is their `tsvector`.
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
    # The hidden column that has the name of a full-text table is what MATCH is asked of.
    words = models.TextField(db_column="catalog_textmatch")

    class Meta:
        managed = False
        db_table = "catalog_textmatch"

    def __str__(self) -> str:
        return str(self.pk)


@models.TextField.register_lookup
class Finds(Lookup):
    """Ask the full-text index, in its own language: `TextMatch.words`, or `IssueText.keys`."""

    lookup_name = "finds"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} MATCH %s", [*parameters, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        # The generated column is no field of the model, for SQLite has none.
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
    """A word of the catalog and how often it is used: what a prefix and a misspelling may mean."""

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
