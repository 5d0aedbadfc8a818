"""Working out what changed: the rows of the days it touched, and no others."""
