"""Moments to the second, in an order that sorts: they are compared with logs."""

DATE_FORMAT = "Y-m-d"
DATETIME_FORMAT = "Y-m-d H:i:s"
