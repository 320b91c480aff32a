"""Tag libraries that come with the framework and have to be loaded."""
