// The list of applications beside the page: shown or hidden, filtered, and remembered.
'use strict';
{
    const {ready, memory} = window.offbeatAdmin;
    const OPEN = 'offbeat.admin.navSidebarIsOpen';
    const FILTER = 'offbeat.admin.navSidebarFilter';

    const root = document.documentElement;

    // Before anything is drawn, so that no page jumps.
    root.dataset.navSidebar = memory.get(OPEN) === 'false' ? 'closed' : 'open';

    function toggle(main, button) {
        const show = (open) => {
            root.dataset.navSidebar = open ? 'open' : 'closed';
            main.classList.toggle('shifted', open);
            button.setAttribute('aria-expanded', String(open));
        };
        show(root.dataset.navSidebar === 'open');
        button.addEventListener('click', () => {
            const open = root.dataset.navSidebar !== 'open';
            memory.set(OPEN, String(open));
            show(open);
        });
    }

    function filter(field, sidebar) {
        const rows = [...sidebar.querySelectorAll('tbody tr')];
        const narrow = () => {
            const wanted = field.value.trim().toLocaleLowerCase();
            let found = 0;
            for (const row of rows) {
                const fits = row.querySelector('th').textContent.toLocaleLowerCase().includes(wanted);
                row.hidden = !fits;
                found += fits ? 1 : 0;
            }
            for (const module of sidebar.querySelectorAll('.module')) {
                module.hidden = !module.querySelector('tbody tr:not([hidden])');
            }
            field.classList.toggle('no-results', wanted !== '' && found === 0);
            try {
                sessionStorage.setItem(FILTER, field.value);
            } catch {
                // Not remembered, then.
            }
        };
        try {
            field.value = sessionStorage.getItem(FILTER) || '';
        } catch {
            field.value = '';
        }
        field.addEventListener('input', narrow);
        field.addEventListener('keydown', (event) => {
            if (event.key === 'Escape') {
                field.value = '';
                narrow();
            }
        });
        narrow();
    }

    ready(() => {
        const main = document.getElementById('main');
        const button = document.getElementById('toggle-nav-sidebar');
        const sidebar = document.getElementById('nav-sidebar');
        if (main && button) {
            toggle(main, button);
        }
        const field = document.getElementById('nav-filter');
        if (field && sidebar) {
            filter(field, sidebar);
        }
    });
}
