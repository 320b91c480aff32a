// Rows of related objects: added from the empty form, removed, and numbered anew without gaps.
'use strict';
{
    const {ready, make, icon, renumber} = window.offbeatAdmin;

    class Inline {
        constructor(group, settings, type) {
            this.group = group;
            this.prefix = settings.options.prefix;
            this.options = settings.options;
            this.tabular = type === 'tabular';
            this.total = document.getElementById(`id_${this.prefix}-TOTAL_FORMS`);
            this.max = document.getElementById(`id_${this.prefix}-MAX_NUM_FORMS`);
            this.min = document.getElementById(`id_${this.prefix}-MIN_NUM_FORMS`);
            this.empty = document.getElementById(`${this.prefix}-empty`);
            if (!this.total || !this.empty) {
                return;
            }
            // The total is set once more: browsers restore what it was before a reload.
            this.total.value = String(this.rows().length);
            this.initial = Number(document.getElementById(`id_${this.prefix}-INITIAL_FORMS`)?.value || 0);
            this.button = this.addButton();
            this.rows().slice(this.initial).forEach((row) => this.addRemover(row));
            this.refresh();
        }

        rows() {
            const pattern = this.tabular ? 'tr.form-row' : '.inline-related';
            return [...this.empty.parentNode.children].filter((each) => each.matches(pattern) && each !== this.empty);
        }

        addButton() {
            const button = make('button', {type: 'button', 'class': 'plain addlink'}, this.options.addText);
            button.addEventListener('click', () => this.add());
            if (this.tabular) {
                this.place = make('tr', {'class': 'add-row'}, make('td', {colspan: String(this.columns())}, button));
            } else {
                this.place = make('div', {'class': 'add-row'}, button);
            }
            this.empty.after(this.place);
            return button;
        }

        columns() {
            return [...this.empty.children].reduce((sum, cell) => sum + (cell.colSpan || 1), 0);
        }

        add() {
            const index = this.rows().length;
            const row = this.empty.cloneNode(true);
            row.classList.remove('empty-form', 'last-related');
            row.classList.add(`dynamic-${this.prefix}`);
            renumber(row, this.prefix, index);
            row.id = `${this.prefix}-${index}`;
            this.addRemover(row);
            this.empty.before(row);
            this.total.value = String(index + 1);
            this.refresh();
            row.dispatchEvent(new CustomEvent('formset:added', {bubbles: true, detail: {formsetName: this.prefix}}));
            row.querySelector('input:not([type="hidden"]), select, textarea')?.focus();
        }

        addRemover(row) {
            row.classList.add(`dynamic-${this.prefix}`);
            const button = make('button', {type: 'button', 'class': 'inline-deletelink', title: this.options.deleteText}, icon('delete'),
                make('span', {'class': 'visually-hidden'}, this.options.deleteText));
            button.addEventListener('click', () => this.remove(row));
            const place = this.tabular ? row.lastElementChild : row.querySelector('h3') || row;
            place.append(button);
        }

        remove(row) {
            const before = row.previousElementSibling;
            if (this.tabular && before?.matches('.row-form-errors')) {
                before.remove();
            }
            const next = this.rows()[this.rows().indexOf(row) + 1];
            row.remove();
            const left = this.rows();
            this.total.value = String(left.length);
            left.forEach((each, index) => {
                renumber(each, this.prefix, index);
                each.id = `${this.prefix}-${index}`;
            });
            this.refresh();
            document.dispatchEvent(new CustomEvent('formset:removed', {detail: {formsetName: this.prefix}}));
            (next?.querySelector('.inline-deletelink') || this.button).focus();
        }

        refresh() {
            const rows = this.rows();
            const number = (input) => input && input.value !== '' ? Number(input.value) : null;
            const [max, min] = [number(this.max), number(this.min)];
            this.place.hidden = max !== null && rows.length >= max;
            for (const row of rows) {
                const remover = row.querySelector(':scope > td > .inline-deletelink, :scope > h3 > .inline-deletelink, :scope > .inline-deletelink');
                if (remover) {
                    remover.hidden = min !== null && rows.length <= min;
                }
            }
            if (!this.tabular) {
                rows.forEach((row, index) => {
                    const label = row.querySelector('h3 .inline_label');
                    if (label && !row.classList.contains('has_original')) {
                        label.textContent = `#${index + 1}`;
                    }
                });
            }
        }
    }

    ready(() => {
        for (const group of document.querySelectorAll('.js-inline-admin-formset')) {
            let settings;
            try {
                settings = JSON.parse(group.dataset.inlineFormset);
            } catch {
                continue;
            }
            void new Inline(group, settings, group.dataset.inlineType);
        }
    });
}
