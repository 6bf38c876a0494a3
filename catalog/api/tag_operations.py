"""Operations on tags: merge, rename, split, and restore a retired name."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import (
    BATCH_HELP,
    TAG,
    CatalogEndpoint,
    change_response,
    change_set,
    example,
    invalid,
    refuse,
)
from catalog.api.inputs import IdOrSlug, Reason, TagNameField, named
from catalog.api.tags import (
    CHANGE,
    CHANGED_HELP,
    ChangedTag,
    TagShape,
    tag_to_change,
    tags_to_change,
    tags_with_names,
)
from catalog.curation.rules import retired_fault
from catalog.curation.tags import merge_tags, rename_tag, restore_tag, split_tag
from catalog.models import Tag
from catalog.rest.fields import Many, Serializer, given
from catalog.rest.lookup import by_key
from catalog.slugs import ID_OR_SLUG
from catalog.text import unique_tags

MOST_PARTS = 100


class TagMerge(Serializer):
    into = IdOrSlug(help_text=f"The {ID_OR_SLUG} of the tag that stays.")
    reason = Reason()


class MergedTag(TagShape):
    """The tag that stays."""

    changed = serializers.IntegerField(help_text=CHANGED_HELP)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class TagRename(Serializer):
    name = TagNameField()
    reason = Reason()


class TagSplit(Serializer):
    names = Many(
        child=TagNameField(),
        most=MOST_PARTS,
        min_length=2,
        help_text="The tags instead of it; it may be one of them.",
    )
    reason = Reason()


class SplitTags(Serializer):
    """The resulting tags."""

    tags = TagShape(many=True)
    changed = serializers.IntegerField(help_text=CHANGED_HELP)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class TagRestore(Serializer):
    reason = Reason()


class TagAct(CatalogEndpoint):
    needs = {"POST": CHANGE}
    errors = (409,)

    def shown(self, pk: int) -> dict[str, Any]:
        return TagShape.render(tags_with_names().get(pk=pk), self.request)


class TagMergeAct(TagAct):
    """Merging one tag into another."""

    @extend_schema(
        operation_id="tag_merge",
        parameters=[TAG],
        description="Make a tag a name of another one. Loads and search obey the name.",
        request=TagMerge,
        examples=example("Into another", into="reward-models"),
        responses=MergedTag,
    )
    def post(self, request: Request, tag: str) -> Response:
        asked = given(TagMerge, request)
        with change_set(request, asked["reason"]) as curation:
            into = named(Tag.objects.prefetch_related("stands_for"), asked["into"], "tag", "into")
            refuse(into=retired_fault(into))
            row, into = tags_to_change(tag, str(into.pk))
            if row == into:
                raise invalid(into="This is the tag itself.")
            number = merge_tags([row], into, curation)
        return change_response(self.shown(into.pk) | {"changed": number}, curation)


class TagRenameAct(TagAct):
    """Calling a tag by another name."""

    @extend_schema(
        operation_id="tag_rename",
        parameters=[TAG],
        description=(
            "Call a tag by another name wherever it is used. A name that another tag has is a "
            "merge into that one, all of whose uses are spelt so too."
        ),
        request=TagRename,
        examples=example("Another spelling", name="RLHF"),
        responses=ChangedTag,
    )
    def post(self, request: Request, tag: str) -> Response:
        asked = given(TagRename, request)
        with change_set(request, asked["reason"]) as curation:
            renamed = rename_tag(tag_to_change(tag), asked["name"], curation)
        return change_response(self.shown(renamed.pk), curation)


class TagSplitAct(TagAct):
    """Splitting a tag."""

    @extend_schema(
        operation_id="tag_split",
        parameters=[TAG],
        description="Make one tag several, its own name among them or not.",
        request=TagSplit,
        examples=example("Two for one", names=["reward models", "evaluation"]),
        responses=SplitTags,
    )
    def post(self, request: Request, tag: str) -> Response:
        asked = given(TagSplit, request)
        names = unique_tags(asked["names"])
        if len(names) < 2:
            raise invalid(names="These are spellings of one tag; give two or more.")
        with change_set(request, asked["reason"]) as curation:
            number = split_tag(tag_to_change(tag), list(names.values()), curation)
        parts = {part.key: part for part in tags_with_names().filter(key__in=list(names))}
        shown = [TagShape.render(parts[each], request) for each in names]
        return change_response({"tags": shown, "changed": number}, curation)


class TagRestoreAct(TagAct):
    """Making a tag of a name again."""

    @extend_schema(
        operation_id="tag_restore",
        parameters=[TAG],
        description="Make a name that stands for others, or for none, a tag of its own again.",
        request=TagRestore,
        examples=example("A tag again", reason="It is a subject of its own"),
        responses=ChangedTag,
    )
    def post(self, request: Request, tag: str) -> Response:
        asked = given(TagRestore, request)
        with change_set(request, asked["reason"]) as curation:
            row = by_key(Tag.objects.select_for_update(), tag, "tag")
            restore_tag(row, curation)
        return change_response(self.shown(row.pk), curation)
