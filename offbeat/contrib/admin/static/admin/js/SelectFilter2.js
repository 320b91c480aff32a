// Two lists instead of one select with many choices: what there is, and what is chosen.
'use strict';
{
    const {enhance, make, icon, fill, translate, translateMany, changed} = window.offbeatAdmin;
    const lists = new WeakMap();

    class DualList {
        constructor(select) {
            this.select = select;
            this.name = select.dataset.fieldName || select.name;
            this.stacked = select.dataset.isStacked === '1';
            this.build();
            this.load();
            select.addEventListener('change', () => this.changing || this.load());
        }

        build() {
            const {select, name} = this;
            const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
            this.from = this.side('available', fill(translate('Available %(name)s'), {name}));
            this.to = this.side('chosen', fill(translate('Chosen %(name)s'), {name}));
            if (label) {
                label.htmlFor = `${select.id}_from`;
            }
            this.add = this.mover('next', fill(translate('Choose selected %(name)s'), {name}), () => this.move(this.from, this.to, this.picked(this.from)));
            this.remove = this.mover('previous', fill(translate('Remove selected %(name)s'), {name}), () => this.move(this.to, this.from, this.picked(this.to)));
            const chooser = make('ul', {'class': 'selector-chooser'}, make('li', {}, this.add), make('li', {}, this.remove));
            this.element = make('div', {'class': this.stacked ? 'selector stacked' : 'selector'}, this.from.element, chooser, this.to.element);
            select.hidden = true;
            select.classList.add('selectfilter-source');
            select.after(this.element);
            this.listen(this.from, this.to);
            this.listen(this.to, this.from);
        }

        side(kind, title) {
            const id = `${this.select.id}_${kind === 'available' ? 'from' : 'to'}`;
            const list = make('select', {
                id, multiple: true, 'aria-labelledby': `${id}_title`, size: '10', 'aria-describedby': this.select.getAttribute('aria-describedby'),
            });
            const filter = make('input', {
                type: 'text', id: `${id}_input`, placeholder: translate('Filter'), autocomplete: 'off',
                'aria-label': `${translate('Filter')}: ${title}`,
            });
            const all = make('button', {type: 'button', 'class': `plain selector-${kind === 'available' ? 'chooseall' : 'clearall'}`},
                fill(translate(kind === 'available' ? 'Choose all %(name)s' : 'Remove all %(name)s'), {name: this.name}));
            const count = make('div', {'class': 'selector-count', 'aria-live': 'polite'});
            const element = make('div', {'class': `selector-${kind}`},
                make('div', {'class': 'selector-title'}, make('label', {id: `${id}_title`, 'for': id}, title)),
                make('div', {'class': 'selector-filter'}, icon('search'), filter), list, count, all);
            return {element, list, filter, all, count, box: new window.SelectBox(list, [])};
        }

        mover(name, label, action) {
            const button = make('button', {type: 'button', 'aria-label': label, title: label}, icon(name));
            button.addEventListener('click', action);
            return button;
        }

        listen(side, other) {
            const move = (values) => this.move(side, other, values);
            side.filter.addEventListener('input', () => {
                side.box.filter(side.filter.value);
                this.refresh();
            });
            side.filter.addEventListener('keydown', (event) => {
                if (event.key === 'Enter') {
                    // A filter is no reason to send the form; one hit is moved.
                    event.preventDefault();
                    if (side.box.shown.length === 1) {
                        move([side.box.shown[0].value]);
                        side.filter.value = '';
                        side.box.filter('');
                        this.refresh();
                    }
                }
            });
            side.list.addEventListener('dblclick', () => move(this.picked(side)));
            side.list.addEventListener('keydown', (event) => {
                if (event.key === 'Enter') {
                    event.preventDefault();
                    move(this.picked(side));
                }
            });
            side.list.addEventListener('change', (event) => {
                // The helper lists have no name: the form's field tells what changed.
                event.stopPropagation();
                this.refresh();
            });
            side.all.addEventListener('click', () => move(side.box.shown.map((option) => option.value)));
        }

        picked(side) {
            return [...side.list.selectedOptions].map((option) => option.value);
        }

        load() {
            const all = [...this.select.options].map((option, order) => (
                {value: option.value, text: option.textContent, title: option.title, chosen: option.selected, order}));
            this.from.box.options = all.filter((option) => !option.chosen);
            this.to.box.options = all.filter((option) => option.chosen);
            this.refreshLists();
        }

        move(side, other, values) {
            if (!values.length || this.select.disabled) {
                return;
            }
            other.box.put(side.box.take(values));
            const chosen = new Set(this.to.box.options.map((option) => option.value));
            [...this.select.options].forEach((option) => { option.selected = chosen.has(option.value); });
            this.changing = true;
            changed(this.select);
            this.changing = false;
            this.refreshLists();
        }

        refreshLists() {
            this.from.box.show();
            this.to.box.show();
            this.refresh();
        }

        refresh() {
            this.add.disabled = !this.picked(this.from).length;
            this.remove.disabled = !this.picked(this.to).length;
            for (const side of [this.from, this.to]) {
                const hidden = side.box.options.length - side.box.shown.length;
                side.all.disabled = !side.box.shown.length;
                side.count.textContent = hidden
                    ? fill(translateMany('%(count)s not shown', '%(count)s not shown', hidden), {count: hidden})
                    : String(side.box.options.length);
            }
        }

        insert(value, text) {
            const option = [...this.select.options].find((each) => each.value === value) || new Option(text, value);
            option.selected = true;
            this.select.append(option);
            this.load();
        }
    }

    // A popup that added an object puts it among the chosen ones.
    window.SelectFilter ||= {add: (select, value, text) => lists.get(select)?.insert(value, text)};

    enhance((root) => {
        for (const select of root.querySelectorAll('select.selectfilter, select.selectfilterstacked')) {
            if (!lists.has(select) && !select.name.includes('__prefix__')) {
                lists.set(select, new DualList(select));
            }
        }
    });
}
