"""Shows a reader's state on the pages of the catalog: the seam between the two apps."""

from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Reading, State, User
from accounts.progress.figures import Progress
from accounts.reading import slots
from accounts.reading.marking import state_of, unfinished
from catalog.models import Publication
from catalog.templatetags.catalog import icon

register = template.Library()


class ReadingsNode(template.Node):
    def __init__(self, nodes: NodeList, publication: FilterExpression | None) -> None:
        self.nodelist, self.publication = nodes, publication

    def render(self, context: template.Context) -> SafeString:
        html = self.nodelist.render(context)
        user = context["request"].user
        if not user.is_authenticated:
            # Slots are comments around the content that everyone may see.
            return html
        publication = self.publication.resolve(context) if self.publication else None
        return slots.fill(html, user, publication)


@register.tag
def readings(parser: Parser, token: Token) -> ReadingsNode:
    """Fill what is of the reader into the cards inside: `{% readings %}…{% endreadings %}`.

    With a publication, `{% readings publication %}`, its figures are filled in too.
    """
    _, *arguments = token.split_contents()
    publication = parser.compile_filter(arguments[0]) if arguments else None
    nodes = parser.parse(("endreadings",))
    parser.delete_first_token()
    return ReadingsNode(nodes, publication)


@register.simple_tag
def my(kind: str, *arguments: Any) -> SafeString:
    """Open a slot for what is of the reader, up to `{% endmy %}`: what stands there for others."""
    return mark_safe(f"<!--my {kind} {' '.join(map(str, arguments))}-->")


@register.simple_tag
def endmy() -> SafeString:
    return mark_safe("<!--/my-->")


@register.simple_tag
def state_icon(value: str, state: str) -> SafeString:
    """Return the icon of a reading state; a read issue has another one than the choice has."""
    return icon("read-current" if value == state == State.READ else value)


@register.inclusion_tag("accounts/reading/_rail.html", takes_context=True)
def reading_rail(context: template.Context, issue: Any) -> dict[str, Any]:
    """Show the state control of an issue's own page, with the date of each step."""
    return rail(context["request"].user, issue.pk)


def rail(user: User, issue_id: int) -> dict[str, Any]:
    rows = list(Reading.objects.of(user).filter(issue=issue_id).order_by("id"))
    state = state_of(rows)
    current = unfinished(rows) or (rows[-1] if rows else None)
    keys = {State.UNREAD: "u", State.QUEUED: "q", State.READING: "r", State.READ: "d"}
    steps = [
        (
            value,
            word,
            keys[value],
            current.date_of(value) if current and value != "unread" else None,
        )
        for value, word in slots.CONTROL_STATES
    ]
    finished = _lost_dates([row for row in rows if row.state == State.READ])
    context = {"id": issue_id, "state": state, "steps": steps, "readings": rows}
    return context | {"finished": finished}


def _lost_dates(rows: list[Reading]) -> str:
    """Return what is lost when these finished readings are removed, for the question before it."""
    if len(rows) == 1:
        on = rows[0].date_of(State.READ)
        return f"the reading of {on.spoken}" if on else "the reading"
    return f"all {len(rows)} finished readings" if rows else ""


@register.inclusion_tag("accounts/reading/_bulk.html", takes_context=True)
def bulk_form(context: template.Context, *show: Any) -> dict[str, Any]:
    """Offer what can be done with the issues that are ticked; nothing to anonymous readers."""
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token"),
        "show": ":".join(map(str, show)),
    }


@register.simple_tag
def my_meter(progress: Progress, publication: Publication) -> dict[str, Any]:
    """Return how much of a publication's keepers is read, with how many issues as its words."""
    part = ("publication", publication.pk)
    meter, issues = progress.meter(part), progress.read[part].issues
    words = f"{issues} read"
    if issues == progress.total(part).issues:
        words = "Complete"
    elif meter.total and meter.read == meter.total:
        words = "All keepers read"
    if not issues:
        words = "Begun" if progress.open[part].issues else "Not started"
    return {"meter": meter, "words": words}
