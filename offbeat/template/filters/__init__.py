"""The built-in filters, by family; ``offbeat.template.defaultfilters`` collects them."""
