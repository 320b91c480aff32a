// Windows for looking up, adding, changing, viewing and deleting related objects, and what they answer.
'use strict';
{
    const {ready, changed} = window.offbeatAdmin;
    const LINKS = '.change-related, .delete-related, .view-related';
    // A popup may open popups for a field of the same name: its own depth keeps their names apart.
    const depth = (/__popup(\d+)$/.exec(window.name)?.[1] ?? -1) * 1 + 1;
    const popups = [];

    function nameOf(id) {
        return `${id}__popup${depth}`;
    }

    function fieldOf(popup) {
        return document.getElementById(popup.name.replace(/__popup\d+$/, ''));
    }

    function show(link, prefix) {
        const url = new URL(link.href, window.location.href);
        url.searchParams.set('_popup', '1');
        const popup = window.open(url.href, nameOf(link.id.replace(prefix, '')), 'height=600,width=900,resizable=yes,scrollbars=yes');
        if (popup) {
            popups.push(popup);
            popup.focus();
        }
        return false;
    }

    function dismiss(popup) {
        const index = popups.indexOf(popup);
        if (index >= 0) {
            popups.splice(index, 1);
        }
        popup.close();
    }

    function siblingSelects(select) {
        const reference = select.closest('[data-model-ref]')?.dataset.modelRef;
        if (!reference) {
            return [];
        }
        return [...document.querySelectorAll('[data-model-ref] select')].filter(
            (each) => each !== select && !each.matches('.admin-autocomplete')
                && each.closest('[data-model-ref]').dataset.modelRef === reference);
    }

    function insert(select, value, text, group, chosen) {
        if ([...select.options].some((option) => option.value === value)) {
            return;
        }
        const option = new Option(text, value, chosen, chosen);
        const groups = [...select.querySelectorAll('optgroup')];
        let place = select;
        if (group) {
            place = groups.find((each) => each.label === group);
            if (!place) {
                place = document.createElement('optgroup');
                place.label = group;
                select.append(place);
            }
        }
        place.append(option);
    }

    function updateLinks(select) {
        const value = select.value;
        for (const link of select.closest('.related-widget-wrapper')?.querySelectorAll(LINKS) ?? []) {
            if (value) {
                link.href = link.dataset.hrefTemplate.replace('__fk__', encodeURIComponent(value));
                link.removeAttribute('aria-disabled');
                link.removeAttribute('tabindex');
            } else {
                link.removeAttribute('href');
                link.setAttribute('aria-disabled', 'true');
            }
        }
    }

    function add(popup, id, text, group) {
        const [field, value] = [fieldOf(popup), String(id)];
        if (field?.tagName === 'SELECT') {
            if (field.matches('.selectfilter-source')) {
                window.SelectFilter?.add(field, value, text);
            } else {
                insert(field, value, text, group, true);
                if (field.multiple) {
                    [...field.options].filter((option) => option.value === value).forEach((option) => { option.selected = true; });
                } else {
                    field.value = value;
                }
            }
            siblingSelects(field).forEach((each) => insert(each, value, text, group, false));
            changed(field);
        } else if (field) {
            take(field, value);
        }
        dismiss(popup);
    }

    function take(field, value) {
        const many = field.classList.contains('vManyToManyRawIdAdminField');
        field.value = many && field.value ? `${field.value},${value}` : value;
        changed(field);
    }

    function change(popup, id, text, newId) {
        const field = fieldOf(popup);
        const selects = field?.tagName === 'SELECT' ? [field, ...siblingSelects(field)] : [];
        for (const select of selects) {
            for (const option of select.options) {
                if (option.value === String(id)) {
                    option.textContent = text;
                    option.value = String(newId ?? id);
                }
            }
        }
        if (field) {
            changed(field);
        }
        dismiss(popup);
    }

    function remove(popup, id) {
        const field = fieldOf(popup);
        const selects = field?.tagName === 'SELECT' ? [field, ...siblingSelects(field)] : [];
        for (const select of selects) {
            [...select.options].filter((option) => option.value === String(id)).forEach((option) => option.remove());
        }
        if (field) {
            changed(field);
        }
        dismiss(popup);
    }

    Object.assign(window, {
        showRelatedObjectLookupPopup: (link) => show(link, /^lookup_/),
        showRelatedObjectPopup: (link) => show(link, /^(change|add|delete|view)_/),
        showAddAnotherPopup: (link) => show(link, /^add_/),
        dismissRelatedLookupPopup(popup, id) {
            const field = fieldOf(popup);
            if (field) {
                take(field, String(id));
            }
            dismiss(popup);
        },
        dismissAddRelatedObjectPopup: add,
        dismissAddAnotherPopup: add,
        dismissChangeRelatedObjectPopup: change,
        dismissDeleteRelatedObjectPopup: remove,
        updateRelatedObjectLinks: updateLinks,
    });

    document.addEventListener('click', (event) => {
        const chosen = event.target.closest('a[data-popup-opener]');
        if (chosen && window.opener?.dismissRelatedLookupPopup) {
            event.preventDefault();
            window.opener.dismissRelatedLookupPopup(window, chosen.dataset.popupOpener);
            return;
        }
        const link = event.target.closest('a.related-widget-wrapper-link[data-popup="yes"], a.related-lookup');
        // A link without an address has nothing to show; with a modifier the browser's own way is wanted.
        if (!link || !link.href || event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        event.preventDefault();
        if (link.matches('.related-lookup')) {
            window.showRelatedObjectLookupPopup(link);
        } else {
            window.showRelatedObjectPopup(link);
        }
    });
    document.addEventListener('change', (event) => {
        if (event.target.matches('.related-widget-wrapper select')) {
            updateLinks(event.target);
        }
    });
    const all = (root) => root.querySelectorAll('.related-widget-wrapper select').forEach(updateLinks);
    ready(() => all(document));
    document.addEventListener('formset:added', (event) => all(event.target));
    window.addEventListener('pagehide', () => popups.splice(0).forEach((popup) => popup.close()));
}
