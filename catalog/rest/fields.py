"""Serializers that refuse by name what they do not know."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

# So many unknown fields are named.
MOST_NAMED = 20


class Serializer(serializers.Serializer[Any]):
    # A docstring here would be the description of each shape that has none.

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [name for name, field in self.fields.items() if not field.read_only]
            unknown = {
                str(name): [f"There is no field “{str(name)[:80]}”; expected {', '.join(known)}."]
                for name in [each for each in data if each not in known][:MOST_NAMED]
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
