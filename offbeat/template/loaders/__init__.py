"""Template loaders."""
