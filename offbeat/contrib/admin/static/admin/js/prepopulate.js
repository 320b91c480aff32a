// Fields that follow others, such as a slug its title, until somebody writes into them.
'use strict';
{
    const {enhance, ready} = window.offbeatAdmin;

    // Kept aside and not in the page, since an inline's new row is a copy of its empty one.
    const followers = new WeakSet();

    function follow(field, dependencies, maxLength, allowUnicode) {
        if (!field || !dependencies.length || followers.has(field)) {
            return;
        }
        followers.add(field);
        let own = field.value !== '';
        field.addEventListener('input', (event) => {
            own ||= event.isTrusted;
            if (field.value === '') {
                own = false;
            }
        });
        const fillIn = () => {
            if (own) {
                return;
            }
            const words = dependencies.map((each) => value(each)).filter((text) => text !== '');
            field.value = window.URLify(words.join(' '), maxLength || 50, allowUnicode);
        };
        for (const each of dependencies) {
            each.addEventListener('input', fillIn);
            each.addEventListener('change', fillIn);
        }
    }

    function value(element) {
        return element.tagName === 'SELECT'
            ? [...element.selectedOptions].filter((option) => option.value !== '').map((option) => option.textContent.trim()).join(' ')
            : element.value.trim();
    }

    function settings() {
        const constants = document.getElementById('django-admin-prepopulated-fields-constants');
        try {
            return JSON.parse(constants?.dataset.prepopulatedFields || '[]');
        } catch {
            return [];
        }
    }

    const byId = (selector) => document.getElementById(selector.replace(/^#/, ''));

    ready(() => {
        for (const each of settings()) {
            const dependencies = each.dependency_ids.map(byId).filter(Boolean);
            follow(byId(each.id), dependencies, each.maxLength, each.allowUnicode);
        }
    });

    // A row that an inline adds has the empty form's settings, with its own number.
    enhance((root) => {
        const row = root.id ? /^(.*)-(\d+)$/.exec(root.id) : null;
        if (!row) {
            return;
        }
        const numbered = (id) => id.replace(`${row[1]}-__prefix__`, root.id);
        for (const each of settings().filter((one) => one.id.includes(`${row[1]}-__prefix__`))) {
            const dependencies = each.dependency_ids.map((id) => byId(numbered(id))).filter(Boolean);
            follow(byId(numbered(each.id)), dependencies, each.maxLength, each.allowUnicode);
        }
    });
}
