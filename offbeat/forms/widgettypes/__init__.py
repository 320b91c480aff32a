"""The widgets by family; ``offbeat.forms.widgets`` collects them."""
