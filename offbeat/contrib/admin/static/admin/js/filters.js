// Filters of a list fold; which ones are folded is remembered for each filter's title.
'use strict';
{
    const {ready, memory} = window.offbeatAdmin;
    const KEY = 'offbeat.admin.filtersState';

    function load() {
        try {
            const kept = JSON.parse(memory.get(KEY));
            return kept && typeof kept === 'object' ? kept : {};
        } catch {
            return {};
        }
    }

    ready(() => {
        const state = load();
        // Above a list on a phone, open filters would hide it.
        const narrow = window.matchMedia('(max-width: 52rem)').matches;
        for (const details of document.querySelectorAll('#changelist-filter details[data-filter-title]')) {
            const title = details.dataset.filterTitle;
            if (Object.hasOwn(state, title)) {
                details.open = Boolean(state[title]);
            } else if (narrow) {
                details.open = false;
            }
            // A click on the title is the person's choice; "toggle" would also fire for the lines above.
            details.querySelector('summary').addEventListener('click', () => {
                memory.set(KEY, JSON.stringify({...load(), [title]: !details.open}));
            });
        }
    });
}
