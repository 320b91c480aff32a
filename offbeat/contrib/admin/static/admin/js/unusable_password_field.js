// The password fields are of use only where the account logs in with a password.
'use strict';
{
    window.offbeatAdmin.ready(() => {
        const choices = [...document.querySelectorAll('input[name="usable_password"]')];
        if (!choices.length) {
            return;
        }
        const form = choices[0].form;
        const show = () => {
            const usable = choices.some((choice) => choice.checked && choice.value === 'true');
            for (const name of ['password1', 'password2']) {
                const field = form.elements[name];
                const row = field?.closest('.form-row');
                if (row) {
                    row.hidden = !usable;
                    field.disabled = !usable;
                }
            }
            for (const [selector, visible] of [['.set-password', usable], ['.unset-password', !usable], ['#id_unusable_warning', !usable]]) {
                form.querySelectorAll(selector).forEach((each) => { each.hidden = !visible; });
            }
        };
        choices.forEach((choice) => choice.addEventListener('change', show));
        show();
    });
}
