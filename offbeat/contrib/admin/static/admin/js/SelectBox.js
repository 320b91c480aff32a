// The options of a dual list: kept aside, so that a filter can hide them in every browser.
'use strict';
{
    const fold = (text) => text.toLocaleLowerCase().normalize('NFKD').replace(/\p{Mark}/gu, '');

    class SelectBox {
        constructor(select, options) {
            this.select = select;
            this.options = options;
            this.wanted = [];
        }

        get shown() {
            return this.options.filter((option) => this.wanted.every((word) => fold(option.text).includes(word)));
        }

        filter(text) {
            this.wanted = fold(text).split(/\s+/).filter(Boolean);
            this.show();
        }

        show() {
            const top = this.select.scrollTop;
            this.select.replaceChildren(...this.shown.map(({value, text, title}) => {
                const option = new Option(text, value);
                option.title = title || text;
                return option;
            }));
            this.select.scrollTop = top;
        }

        take(values) {
            const wanted = new Set(values);
            const taken = this.options.filter((option) => wanted.has(option.value));
            this.options = this.options.filter((option) => !wanted.has(option.value));
            return taken;
        }

        put(options) {
            this.options = [...this.options, ...options].sort((a, b) => a.order - b.order);
        }
    }

    window.SelectBox ||= SelectBox;
}
