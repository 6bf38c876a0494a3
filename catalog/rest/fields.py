"""Serializers that refuse by name what they do not know."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class Serializer(serializers.Serializer[Any]):
    # A docstring here would be the description of each shape that has none.

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [name for name, field in self.fields.items() if not field.read_only]
            unknown = {
                str(name): [f"There is no field “{str(name)[:80]}”; expected {', '.join(known)}."]
                for name in data
                if name not in known
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
