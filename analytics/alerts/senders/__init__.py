"""Senders, one module per channel kind: batch in, SendResult out; no database access."""
