"""Serializer fields with stricter input than DRF's."""

from rest_framework import serializers


class TextField(serializers.CharField):
    """Text field that refuses numbers, which DRF would convert."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
