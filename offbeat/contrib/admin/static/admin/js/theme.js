// The colour theme: what the system says, light, or dark. Loaded early, so that no page flashes.
'use strict';
{
    const {ready, memory, translate} = window.offbeatAdmin;
    const THEMES = ['auto', 'light', 'dark'];

    function current() {
        const kept = memory.get('theme');
        return THEMES.includes(kept) ? kept : 'auto';
    }

    function show(theme) {
        document.documentElement.dataset.theme = theme;
        for (const button of document.querySelectorAll('.theme-toggle')) {
            const names = {auto: translate('automatic'), light: translate('light'), dark: translate('dark')};
            const label = button.dataset[`label${theme[0].toUpperCase()}${theme.slice(1)}`] || names[theme];
            button.title = label;
            const words = button.querySelector('.visually-hidden');
            if (words) {
                words.textContent = label;
            }
        }
    }

    show(current());
    ready(() => {
        document.documentElement.classList.remove('no-script');
        show(current());
        for (const button of document.querySelectorAll('.theme-toggle')) {
            button.addEventListener('click', () => {
                const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length];
                memory.set('theme', next);
                show(next);
            });
        }
    });
    window.addEventListener('storage', (event) => event.key === 'theme' && show(current()));
}
