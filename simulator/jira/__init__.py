"""A Jira Cloud and a Jira Data Center: their past, what changed since, and how they answer."""
