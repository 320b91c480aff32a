"""Template backends: one face for several template languages."""
