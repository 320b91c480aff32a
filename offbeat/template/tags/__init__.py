"""The built-in tags, by family; ``offbeat.template.defaulttags`` collects them."""
