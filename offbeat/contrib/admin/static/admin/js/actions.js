// Choosing rows for an action: all, a range with Shift, or everything across the pages.
'use strict';
{
    const {ready, fill, translate, translateMany} = window.offbeatAdmin;

    function actions(form) {
        const boxes = [...form.querySelectorAll('tr input.action-select')];
        const bars = [...form.querySelectorAll('.actions')];
        const toggle = form.querySelector('#action-toggle');
        const across = [...form.querySelectorAll('.actions input.select-across')];
        let last = null;

        const show = (bar, selector, visible) => {
            for (const each of bar.querySelectorAll(selector)) {
                each.classList.toggle('hidden', !visible);
            }
        };

        function setAcross(value) {
            across.forEach((input) => { input.value = value ? '1' : '0'; });
        }

        function refresh() {
            const chosen = boxes.filter((box) => box.checked).length;
            const all = boxes.length > 0 && chosen === boxes.length;
            const everything = across.some((input) => input.value === '1');
            boxes.forEach((box) => box.closest('tr').classList.toggle('selected', box.checked));
            if (toggle) {
                toggle.checked = all;
                toggle.indeterminate = chosen > 0 && !all;
            }
            for (const bar of bars) {
                const counter = bar.querySelector('.action-counter');
                if (counter) {
                    const shown = Number(counter.dataset.actionsIcnt) || boxes.length;
                    counter.textContent = fill(
                        translateMany('%(sel)s of %(cnt)s selected', '%(sel)s of %(cnt)s selected', chosen),
                        {sel: chosen, cnt: shown},
                    );
                }
                show(bar, '.action-counter', !everything);
                show(bar, '.all', everything);
                show(bar, '.question', all && !everything);
                show(bar, '.clear', everything);
            }
        }

        function set(list, checked) {
            list.forEach((box) => { box.checked = checked; });
            setAcross(false);
            refresh();
        }

        toggle?.addEventListener('click', () => set(boxes, toggle.checked));
        boxes.forEach((box) => box.addEventListener('click', (event) => {
            if (event.shiftKey && last && last !== box) {
                const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
                boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
            }
            last = box;
            setAcross(false);
            refresh();
        }));
        for (const bar of bars) {
            bar.querySelector('.question button, .question a')?.addEventListener('click', (event) => {
                event.preventDefault();
                setAcross(true);
                refresh();
            });
            bar.querySelector('.clear button, .clear a')?.addEventListener('click', (event) => {
                event.preventDefault();
                set(boxes, false);
            });
        }
        confirmLoss(form);
        refresh();
        // A page that comes back from the browser's memory has boxes checked after this ran.
        window.addEventListener('pageshow', refresh);
    }

    function confirmLoss(form) {
        let edited = false;
        form.addEventListener('change', (event) => {
            edited ||= Boolean(event.target.closest('#result_list')) && !event.target.matches('.action-select, #action-toggle');
        });
        form.addEventListener('submit', (event) => {
            const asked = (text) => window.confirm(translate(text)) || event.preventDefault();
            const button = event.submitter?.name;
            const chosen = [...form.querySelectorAll('select[name="action"]')].some((select) => select.value !== '');
            if (button === 'index' && edited) {
                asked('Changes in the list are not saved yet. Running an action discards them. Go on?');
            } else if (button === '_save' && chosen) {
                asked(edited
                    ? 'An action is chosen, but Save only saves the changes in the list. Save them now, and run the action afterwards?'
                    : 'An action is chosen and nothing in the list has changed: the Run button runs the action. Save anyway?');
            }
        });
    }

    ready(() => {
        const form = document.getElementById('changelist-form');
        if (form) {
            actions(form);
        }
    });
}
