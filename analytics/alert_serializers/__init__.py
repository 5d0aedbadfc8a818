"""Shapes of alerts, channels and rules. An address or a key goes in and never comes out."""
