"""Documentation of the project in the admin (Django documentation: ref/contrib/admin/admindocs)."""
