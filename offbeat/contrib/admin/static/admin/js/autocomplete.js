// A select that searches on the server as one types: the combobox pattern over the select, which stays the form's field.
'use strict';
{
    const {enhance, make, icon, translate, changed} = window.offbeatAdmin;
    let counter = 0;

    class Autocomplete {
        constructor(select) {
            this.select = select;
            this.id = `autocomplete-${++counter}`;
            this.results = [];
            this.active = -1;
            this.build();
            this.showChosen();
            select.addEventListener('change', () => this.showChosen());
        }

        build() {
            const {select} = this;
            const labels = [...(select.labels || [])];
            this.input = make('input', {
                type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', 'aria-autocomplete': 'list', 'aria-expanded': 'false',
                'aria-controls': `${this.id}-list`, id: `${this.id}-input`, 'aria-describedby': select.getAttribute('aria-describedby'),
                'aria-invalid': select.getAttribute('aria-invalid'), 'aria-label': labels.length ? null : select.getAttribute('aria-label') || select.name,
            });
            labels.forEach((label) => { label.htmlFor = this.input.id; });
            this.input.disabled = select.disabled;
            this.clear = make('button', {type: 'button', 'class': 'autocomplete-clear', 'aria-label': translate('Clear')}, icon('close'));
            this.list = make('ul', {'class': 'autocomplete-list', id: `${this.id}-list`, role: 'listbox', hidden: true, 'aria-multiselectable': select.multiple ? 'true' : null});
            this.status = make('span', {'class': 'visually-hidden', role: 'status'});
            this.box = make('span', {'class': 'autocomplete-box'}, this.input, this.clear);
            this.element = make('span', {'class': 'autocomplete'}, this.box, this.list, this.status);
            select.hidden = true;
            select.tabIndex = -1;
            select.after(this.element);
            this.listen();
        }

        listen() {
            this.input.addEventListener('input', () => this.later());
            this.input.addEventListener('click', () => this.open());
            this.input.addEventListener('keydown', (event) => this.key(event));
            this.input.addEventListener('blur', () => setTimeout(() => this.element.contains(document.activeElement) || this.close(), 0));
            this.box.addEventListener('click', (event) => event.target === this.box && this.input.focus());
            this.clear.addEventListener('click', () => {
                [...this.select.options].forEach((option) => { option.selected = option.value === '' && !this.select.multiple; });
                changed(this.select);
                this.input.focus();
            });
            // The pointer must not take the focus from the field, or the list closes before the click.
            this.list.addEventListener('mousedown', (event) => event.preventDefault());
            this.list.addEventListener('click', (event) => {
                const option = event.target.closest('[role="option"]');
                if (option) {
                    this.choose(Number(option.dataset.index));
                }
            });
            this.list.addEventListener('scroll', () => {
                if (this.more && this.list.scrollTop + this.list.clientHeight > this.list.scrollHeight - 40) {
                    this.search(this.page + 1);
                }
            });
        }

        chosen() {
            return [...this.select.selectedOptions].filter((option) => option.value !== '');
        }

        showChosen() {
            const chosen = this.chosen();
            this.clear.hidden = !chosen.length || this.select.required || this.select.dataset.allowClear === 'false';
            this.box.querySelectorAll('.autocomplete-chip').forEach((chip) => chip.remove());
            if (this.select.multiple) {
                this.box.prepend(...chosen.map((option) => this.chip(option)));
                this.input.value = '';
            } else {
                this.input.value = chosen.length ? chosen[0].textContent : '';
            }
            this.input.placeholder = chosen.length ? '' : this.select.dataset.placeholder || translate('Search');
        }

        chip(option) {
            const button = make('button', {type: 'button', 'aria-label': `${translate('Remove')} ${option.textContent}`}, icon('close'));
            button.addEventListener('click', () => {
                option.selected = false;
                changed(this.select);
                this.input.focus();
            });
            return make('span', {'class': 'autocomplete-chip'}, option.textContent, button);
        }

        open() {
            if (this.list.hidden && !this.input.disabled) {
                this.input.select();
                this.term = '';
                this.search(1);
            }
        }

        close() {
            clearTimeout(this.timer);
            this.request?.abort();
            this.list.hidden = true;
            this.input.setAttribute('aria-expanded', 'false');
            this.input.removeAttribute('aria-activedescendant');
            this.showChosen();
        }

        later() {
            clearTimeout(this.timer);
            this.list.setAttribute('aria-busy', 'true');
            this.timer = setTimeout(() => {
                this.term = this.input.value.trim();
                this.search(1);
            }, 180);
        }

        async search(page) {
            this.request?.abort();
            const request = new AbortController();
            this.request = request;
            this.more = false;
            this.list.setAttribute('aria-busy', 'true');
            const data = this.select.dataset;
            const url = new URL(this.select.getAttribute('data-ajax--url'), window.location.href);
            const query = {term: this.term, page, app_label: data.appLabel, model_name: data.modelName, field_name: data.fieldName};
            Object.entries(query).forEach(([name, value]) => url.searchParams.set(name, value ?? ''));
            this.list.hidden = false;
            this.input.setAttribute('aria-expanded', 'true');
            try {
                const answer = await fetch(url, {signal: request.signal, headers: {Accept: 'application/json'}, credentials: 'same-origin'});
                if (!answer.ok) {
                    throw new Error(String(answer.status));
                }
                const found = await answer.json();
                this.page = page;
                this.more = Boolean(found.pagination?.more);
                this.results = page === 1 ? found.results : [...this.results, ...found.results];
                this.showResults(page === 1);
            } catch (error) {
                if (error.name !== 'AbortError') {
                    this.results = [];
                    this.message(translate('The results could not be loaded.'));
                }
            }
        }

        showResults(fresh) {
            this.list.removeAttribute('aria-busy');
            if (!this.results.length) {
                this.message(translate('No results found'));
                return;
            }
            const chosen = new Set(this.chosen().map((option) => option.value));
            this.list.replaceChildren(...this.results.map((each, index) => make('li', {
                role: 'option', id: `${this.id}-${index}`, 'data-index': String(index), 'aria-selected': String(chosen.has(String(each.id))),
            }, each.text)));
            this.status.textContent = `${this.results.length}`;
            if (fresh) {
                this.list.scrollTop = 0;
                this.activate(this.term ? 0 : -1);
            } else {
                this.activate(this.active);
            }
        }

        message(text) {
            this.list.removeAttribute('aria-busy');
            this.list.replaceChildren(make('li', {'class': 'autocomplete-status', role: 'presentation'}, text));
            this.status.textContent = text;
            this.activate(-1);
        }

        activate(index) {
            this.active = index;
            const options = this.list.querySelectorAll('[role="option"]');
            options.forEach((option, position) => option.classList.toggle('active', position === index));
            if (options[index]) {
                this.input.setAttribute('aria-activedescendant', options[index].id);
                options[index].scrollIntoView({block: 'nearest'});
            } else {
                this.input.removeAttribute('aria-activedescendant');
            }
        }

        choose(index) {
            const {id, text} = this.results[index];
            const value = String(id);
            let option = [...this.select.options].find((each) => each.value === value);
            if (!option) {
                option = new Option(text, value);
                this.select.append(option);
            }
            option.selected = this.select.multiple ? !option.selected : true;
            changed(this.select);
            this.close();
            this.input.focus();
        }

        key(event) {
            const shown = !this.list.hidden;
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                event.preventDefault();
                if (!shown) {
                    this.open();
                } else if (this.results.length) {
                    const step = event.key === 'ArrowDown' ? 1 : -1;
                    if (step === 1 && this.active === this.results.length - 1 && this.more) {
                        this.search(this.page + 1);
                    } else {
                        this.activate((this.active + step + this.results.length) % this.results.length);
                    }
                }
            } else if (event.key === 'Enter' && shown) {
                event.preventDefault();
                if (this.active >= 0) {
                    this.choose(this.active);
                }
            } else if (event.key === 'Escape') {
                // Also what was typed a moment ago, before its results are there, is taken back.
                this.close();
            } else if (event.key === 'Backspace' && this.select.multiple && this.input.value === '') {
                const last = this.chosen().at(-1);
                if (last) {
                    last.selected = false;
                    changed(this.select);
                }
            }
        }
    }

    enhance((root) => {
        for (const select of root.querySelectorAll('select.admin-autocomplete')) {
            if (!select.dataset.enhanced && !select.name.includes('__prefix__') && !select.closest('.empty-form')) {
                select.dataset.enhanced = 'true';
                void new Autocomplete(select);
            }
        }
    });
}
