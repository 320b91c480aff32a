// "Today", "Now" and the pickers beside date and time fields, in the server's time.
'use strict';
{
    const {enhance, make, icon, translate, translateMany, fill, changed} = window.offbeatAdmin;
    const {Calendar, read, write, firstFormat} = window.offbeatCalendar;
    const HOURS = [['Now', null], ['Midnight', 0], ['6 a.m.', 6], ['Noon', 12], ['6 p.m.', 18]];
    let open = null;

    function aheadOfServer() {
        const server = Number(document.body.dataset.adminUtcOffset);
        return document.body.dataset.adminUtcOffset === undefined || Number.isNaN(server)
            ? 0
            : -new Date().getTimezoneOffset() * 60 - server;
    }

    // The server's wall clock, kept in the UTC fields of a date.
    function now() {
        return new Date(Date.now() - (new Date().getTimezoneOffset() * 60 + aheadOfServer()) * 1000);
    }

    function today(days = 0) {
        const time = now();
        return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate() + days));
    }

    const dateFormat = () => firstFormat('DATE_INPUT_FORMATS', '%Y-%m-%d');
    const timeFormat = () => firstFormat('TIME_INPUT_FORMATS', '%H:%M:%S');

    function put(field, value) {
        field.value = value;
        changed(field);
    }

    function plain(label, action) {
        const button = make('button', {type: 'button', 'class': 'plain'}, label);
        button.addEventListener('click', action);
        return button;
    }

    function close(giveFocusBack) {
        if (open) {
            const {box, opener} = open;
            open = null;
            box.remove();
            opener.setAttribute('aria-expanded', 'false');
            if (giveFocusBack) {
                opener.focus();
            }
        }
    }

    function show(box, opener) {
        close(false);
        document.body.append(box);
        const place = opener.getBoundingClientRect();
        const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - box.offsetWidth - 8));
        const below = place.bottom + box.offsetHeight + 8 < window.innerHeight || place.top < box.offsetHeight;
        const top = below ? place.bottom + 4 : place.top - box.offsetHeight - 4;
        box.style.left = `${left + window.scrollX}px`;
        box.style.top = `${top + window.scrollY}px`;
        opener.setAttribute('aria-expanded', 'true');
        open = {box, opener};
    }

    function dialog(className, label, ...children) {
        const box = make('div', {'class': `${className} module`, role: 'dialog', 'aria-label': label}, ...children);
        box.addEventListener('keydown', (event) => {
            if (event.key === 'Escape') {
                event.stopPropagation();
                close(true);
            }
        });
        return box;
    }

    function opener(name, label, action) {
        const button = make('button', {
            type: 'button', 'class': 'plain', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'aria-label': label, title: label,
        }, icon(name));
        button.addEventListener('click', () => open?.opener === button ? close(true) : action(button));
        return button;
    }

    function choose(field, value) {
        put(field, value);
        close(false);
        field.focus();
    }

    function calendar(field, button) {
        const pick = (date) => choose(field, write(date, dateFormat()));
        const month = new Calendar(pick, today());
        const chosen = read(field.value, dateFormat());
        month.show(chosen || today(), chosen);
        show(dialog('calendarbox', translate('Choose a Date'), month.element,
            make('div', {'class': 'calendar-shortcuts'},
                plain(translate('Yesterday'), () => pick(today(-1))),
                plain(translate('Today'), () => pick(today())),
                plain(translate('Tomorrow'), () => pick(today(1)))),
            make('div', {'class': 'calendar-cancel'}, plain(translate('Cancel'), () => close(true)))), button);
        month.focus();
    }

    function clock(field, button) {
        const list = make('ul', {'class': 'timelist'}, ...HOURS.map(([label, hour]) => make('li', {}, plain(
            translate(label),
            () => choose(field, write(hour === null ? now() : new Date(Date.UTC(1970, 0, 1, hour)), timeFormat()))))));
        show(dialog('clockbox', translate('Choose a Time'),
            make('h2', {}, translate('Choose a time')), list,
            make('div', {'class': 'calendar-cancel'}, plain(translate('Cancel'), () => close(true)))), button);
        list.querySelector('button').focus();
    }

    function warning(field) {
        const hours = aheadOfServer() / 3600;
        if (!hours) {
            return;
        }
        const count = Math.abs(hours);
        const text = hours > 0
            ? translateMany('Your clock is %s hour ahead of the server’s.', 'Your clock is %s hours ahead of the server’s.', count)
            : translateMany('Your clock is %s hour behind the server’s.', 'Your clock is %s hours behind the server’s.', count);
        const place = field.closest('.datetime, p, td, .flex-container, div') || field.parentNode;
        const there = place.querySelector('.timezonewarning');
        const note = there || make('div', {'class': 'help timezonewarning', id: `${field.id}_timezone_warning_helptext`},
            fill(text.replace('%s', '%(count)s'), {count}));
        if (!there) {
            place.append(note);
        }
        const described = new Set((field.getAttribute('aria-describedby') || '').split(/\s+/).filter((id) => document.getElementById(id)));
        field.setAttribute('aria-describedby', [...described.add(note.id)].join(' '));
    }

    function dress(field, ...buttons) {
        if (field.readOnly || field.disabled || field.dataset.shortcuts || field.name.includes('__prefix__')) {
            return;
        }
        field.dataset.shortcuts = 'true';
        field.after(make('span', {'class': 'datetimeshortcuts'}, ...buttons));
        warning(field);
    }

    enhance((root) => {
        for (const field of root.querySelectorAll('input.vDateField')) {
            dress(field, plain(translate('Today'), () => put(field, write(today(), dateFormat()))),
                opener('calendar', translate('Choose a Date'), (button) => calendar(field, button)));
        }
        for (const field of root.querySelectorAll('input.vTimeField')) {
            dress(field, plain(translate('Now'), () => put(field, write(now(), timeFormat()))),
                opener('clock', translate('Choose a Time'), (button) => clock(field, button)));
        }
    });
    document.addEventListener('pointerdown', (event) => {
        if (open && !open.box.contains(event.target) && !open.opener.contains(event.target)) {
            close(false);
        }
    });
}
