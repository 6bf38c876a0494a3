"""Schema descriptions of parameters that several endpoints have."""

from drf_spectacular.utils import OpenApiParameter

AFTER = OpenApiParameter("after", str, description="Where the page goes on: take it from “next”.")
COUNT = OpenApiParameter("count", str, enum=["exact"], description="Count all that there are.")
PAGED = [AFTER, COUNT]
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description='The `version` that you have seen, in quotes: `"3"`. `*` is any.',
)


def in_path(name: str, about: str, kind: type = str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, description=about)
