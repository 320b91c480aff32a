// The change form: first field, and a warning before unsaved changes are lost.
'use strict';
{
    const {ready} = window.offbeatAdmin;

    function state(form) {
        const parts = [];
        // The choice of an action is nothing that could be saved.
        const others = new Set([...form.querySelectorAll('.actions :is(input, select)')].map((each) => each.name));
        for (const [name, value] of new FormData(form)) {
            if (name !== 'csrfmiddlewaretoken' && !others.has(name)) {
                parts.push([name, typeof value === 'string' ? value : value.name]);
            }
        }
        return JSON.stringify(parts);
    }

    function warn(form) {
        let touched = false;
        let before = null;
        // Scripts of widgets fill their fields while the page loads: what counts begins with the person.
        const begin = () => { before ??= state(form); };
        setTimeout(begin, 0);
        form.addEventListener('focusin', begin);
        for (const kind of ['input', 'change', 'click']) {
            form.addEventListener(kind, () => { touched = true; });
        }
        let leaving = false;
        form.addEventListener('submit', () => { leaving = true; });
        window.addEventListener('pageshow', () => { leaving = false; });
        window.addEventListener('beforeunload', (event) => {
            if (touched && !leaving && before !== null && state(form) !== before) {
                event.preventDefault();
            }
        });
    }

    // Enter presses a form's first button, which may be the one that runs an action: in a field it saves.
    function saveOnEnter(form) {
        form.addEventListener('keydown', (event) => {
            const field = event.target.matches('input:not([type="submit"], [type="button"], [type="file"])');
            const save = form.querySelector('input[name="_save"], input[name="_continue"]');
            if (event.key === 'Enter' && field && save && !event.defaultPrevented && !event.isComposing && !event.target.closest('.actions')) {
                event.preventDefault();
                form.requestSubmit(save);
            }
        });
    }

    ready(() => {
        const constants = document.getElementById('django-admin-form-add-constants');
        const model = constants?.dataset.modelName;
        const form = model && document.getElementById(`${model}_form`);
        if (!form) {
            return;
        }
        warn(form);
        saveOnEnter(form);
        const wrong = form.querySelector('[aria-invalid="true"]');
        const first = form.querySelector(
            'fieldset :is(input:not([type="hidden"], [type="submit"]), select, textarea):not(:disabled, [readonly])');
        if (wrong) {
            wrong.focus({preventScroll: true});
        } else if (constants.dataset.focus !== undefined && first && !first.closest('.inline-group')) {
            first.focus({preventScroll: true});
        }
    });
}
