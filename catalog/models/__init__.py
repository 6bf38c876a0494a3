"""The tables of the catalog."""

from catalog.models.conditions import (
    is_filled,
)
from catalog.models.installation import Installation
from catalog.models.issues import (
    CURATORS_QUESTIONS,
    KEEPER_TIERS,
    UNKNOWN_LENGTH,
    WORDS_A_MINUTE,
    Citation,
    Issue,
    IssueQuerySet,
    IssueTag,
    Tier,
    minutes_of,
)
from catalog.models.log import (
    Change,
    ChangeBatch,
    Conflict,
)
from catalog.models.publications import (
    Category,
    Cluster,
    ClusterQuerySet,
    Publication,
    PublicationQuerySet,
)
from catalog.models.search_index import (
    TEXT_COLUMNS,
    Finds,
    IssueText,
    KeyCount,
    TextMatch,
    Word,
    WordQuerySet,
    stamp,
)
from catalog.models.tags import (
    DismissedPair,
    Tag,
    TagQuerySet,
)

__all__ = [
    "CURATORS_QUESTIONS",
    "KEEPER_TIERS",
    "TEXT_COLUMNS",
    "UNKNOWN_LENGTH",
    "WORDS_A_MINUTE",
    "Category",
    "Change",
    "ChangeBatch",
    "Citation",
    "Cluster",
    "ClusterQuerySet",
    "Conflict",
    "DismissedPair",
    "Finds",
    "Installation",
    "Issue",
    "IssueQuerySet",
    "IssueTag",
    "IssueText",
    "KeyCount",
    "Publication",
    "PublicationQuerySet",
    "Tag",
    "TagQuerySet",
    "TextMatch",
    "Tier",
    "Word",
    "WordQuerySet",
    "is_filled",
    "minutes_of",
    "stamp",
]
