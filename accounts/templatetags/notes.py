"""How the pages of the catalog show a reader's notes: the seam between the two apps."""

from typing import Any

from django import template

from accounts.models import Note
from accounts.notes.forms import NoteForm
from catalog.models import Issue

register = template.Library()


@register.inclusion_tag("accounts/notes/_section.html", takes_context=True)
def notes_section(context: template.Context, issue: Issue) -> dict[str, Any]:
    """Show the editor and the reader's notes on an issue; nothing for anonymous readers."""
    request = context["request"]
    shared = {"request": request, "csrf_token": context.get("csrf_token"), "issue": issue}
    if not request.user.is_authenticated:
        return shared
    kind = "quote" if request.GET.get("kind") == "quote" else "note"
    notes = list(Note.objects.of(request.user).filter(issue=issue).newest_first())
    return shared | {"notes": notes, "form": NoteForm(initial={"kind": kind})}
