"""The form fields by family; ``offbeat.forms.fields`` collects them."""
