// What the other scripts share. Text always goes into the page as text, never as markup.
'use strict';
{
    function ready(callback) {
        if (document.readyState === 'loading') {
            document.addEventListener('DOMContentLoaded', callback, {once: true});
        } else {
            callback();
        }
    }

    // Run for the page's elements and again for each row that an inline adds.
    function enhance(callback) {
        ready(() => callback(document));
        document.addEventListener('formset:added', (event) => callback(event.target));
    }

    function make(tag, attributes = {}, ...children) {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) {
            if (value === true) {
                element.setAttribute(name, '');
            } else if (value !== false && value !== null && value !== undefined) {
                element.setAttribute(name, value);
            }
        }
        element.append(...children.filter((child) => child !== null && child !== undefined));
        return element;
    }

    function icon(name) {
        return make('span', {'class': `icon icon-${name}`, 'aria-hidden': 'true'});
    }

    // The catalog of the page's language, where the page loads one.
    function translate(text) {
        return window.gettext ? window.gettext(text) : text;
    }

    function translateMany(one, many, count) {
        return window.ngettext ? window.ngettext(one, many, count) : count === 1 ? one : many;
    }

    function fill(text, values) {
        return text.replace(/%\((\w+)\)s/g, (whole, name) => name in values ? String(values[name]) : whole);
    }

    // Storage that a browser refuses costs the memory, not the page.
    const memory = {
        get(name) {
            try {
                return localStorage.getItem(name);
            } catch {
                return null;
            }
        },
        set(name, value) {
            try {
                localStorage.setItem(name, value);
            } catch {
                // Private windows and full disks: the choice lasts for this page.
            }
        },
    };

    function changed(element) {
        element.dispatchEvent(new Event('input', {bubbles: true}));
        element.dispatchEvent(new Event('change', {bubbles: true}));
    }

    // Attributes by which one form of a formset differs from the next.
    function renumber(element, prefix, index) {
        const names = ['id', 'name', 'for', 'aria-describedby', 'aria-labelledby', 'aria-controls', 'data-context'];
        for (const each of [element, ...element.querySelectorAll('*')]) {
            for (const name of names) {
                const value = each.getAttribute(name);
                if (value) {
                    each.setAttribute(name, renumbered(value, prefix, index));
                }
            }
        }
    }

    function escaped(text) {
        return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }

    function renumbered(value, prefix, index) {
        const pattern = new RegExp(`(?<![A-Za-z0-9])${escaped(prefix)}-(?:\\d+|__prefix__)(?![A-Za-z0-9])`, 'g');
        return value.replace(pattern, () => `${prefix}-${index}`);
    }

    window.offbeatAdmin ||= Object.freeze({
        ready, enhance, make, icon, translate, translateMany, fill, memory, changed, renumber, renumbered,
    });
}
