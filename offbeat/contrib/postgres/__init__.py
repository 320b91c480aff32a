"""What only PostgreSQL has (Django documentation: ref/contrib/postgres)."""
