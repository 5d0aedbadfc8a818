"""Serializer fields that DRF reads too leniently."""

from rest_framework import serializers


class TextField(serializers.CharField):
    """Text only: DRF's own takes a number for its digits."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
