// A month to choose a day from, and dates written and read in the page's format.
'use strict';
{
    const {make, icon, translate} = window.offbeatAdmin;
    const DAY = 24 * 60 * 60 * 1000;

    function formatOf(name, fallback) {
        const found = window.get_format?.(name);
        return found === undefined || found === name ? fallback : found;
    }

    function firstFormat(name, fallback) {
        const formats = formatOf(name, [fallback]);
        return Array.isArray(formats) && formats.length ? formats[0] : fallback;
    }

    function names(options, count, dateOf) {
        let format;
        try {
            format = new Intl.DateTimeFormat(document.documentElement.lang || 'en', {...options, calendar: 'gregory', timeZone: 'UTC'});
        } catch {
            format = new Intl.DateTimeFormat('en', {...options, timeZone: 'UTC'});
        }
        return Array.from({length: count}, (unused, index) => format.format(dateOf(index)));
    }

    const months = (style) => names({month: style}, 12, (index) => new Date(Date.UTC(2023, index, 1)));
    // 1 January 2023 was a Sunday.
    const weekdays = (style) => names({weekday: style}, 7, (index) => new Date(Date.UTC(2023, 0, 1 + index)));

    const two = (number) => String(number).padStart(2, '0');

    // Dates here are UTC: a calendar day has no zone, and UTC has no hour that occurs twice.
    const PARTS = {
        Y: [(d) => String(d.getUTCFullYear()).padStart(4, '0'), '\\d{4}', (to, text) => { to.year = Number(text); }],
        y: [(d) => two(d.getUTCFullYear() % 100), '\\d{2}', (to, text) => { to.year = Number(text) + (Number(text) < 69 ? 2000 : 1900); }],
        m: [(d) => two(d.getUTCMonth() + 1), '\\d{1,2}', (to, text) => { to.month = Number(text); }],
        d: [(d) => two(d.getUTCDate()), '\\d{1,2}', (to, text) => { to.day = Number(text); }],
        B: [(d) => months('long')[d.getUTCMonth()], '[^\\d\\s]+', (to, text) => { to.month = months('long').findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1; }],
        b: [(d) => months('short')[d.getUTCMonth()], '[^\\d\\s]+', (to, text) => { to.month = months('short').findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1; }],
        H: [(d) => two(d.getUTCHours()), '\\d{1,2}', () => {}],
        I: [(d) => two(d.getUTCHours() % 12 || 12), '\\d{1,2}', () => {}],
        M: [(d) => two(d.getUTCMinutes()), '\\d{1,2}', () => {}],
        S: [(d) => two(d.getUTCSeconds()), '\\d{1,2}', () => {}],
        f: [() => '000000', '\\d{1,6}', () => {}],
        p: [(d) => (d.getUTCHours() < 12 ? 'AM' : 'PM'), '[AaPp][Mm]', () => {}],
    };

    function write(date, format) {
        return format.replace(/%(.)/g, (whole, letter) => letter === '%' ? '%' : PARTS[letter] ? PARTS[letter][0](date) : whole);
    }

    function read(text, format) {
        const takes = [];
        const pattern = format.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (whole, letter) => {
            if (letter && PARTS[letter]) {
                takes.push(PARTS[letter][2]);
                return `(${PARTS[letter][1]})`;
            }
            return letter ? whole : `\\${whole}`;
        });
        const match = new RegExp(`^${pattern}$`).exec(text.trim());
        if (!match) {
            return null;
        }
        const to = {year: 1970, month: 1, day: 1};
        takes.forEach((take, index) => take(to, match[index + 1]));
        const date = new Date(Date.UTC(to.year, to.month - 1, to.day));
        return date.getUTCMonth() === to.month - 1 && date.getUTCDate() === to.day ? date : null;
    }

    class Calendar {
        // pick(date) is called with the chosen day; today is the server's.
        constructor(pick, today) {
            this.pick = pick;
            this.today = today;
            this.first = Number(formatOf('FIRST_DAY_OF_WEEK', 0)) || 0;
            this.title = make('span', {'aria-live': 'polite'});
            this.body = make('tbody');
            this.element = make('div', {'class': 'calendar-main'}, this.head(), make('table', {role: 'grid'}, make('thead', {}, this.week()), this.body));
            this.element.addEventListener('keydown', (event) => this.key(event));
            this.show(today, null);
        }

        head() {
            const step = (name, label, months) => {
                const button = make('button', {type: 'button', 'class': 'plain', 'aria-label': label}, icon(name));
                button.addEventListener('click', () => this.move(months));
                return button;
            };
            return make('div', {'class': 'calendar-head'},
                step('previous', translate('Previous'), -1), this.title, step('next', translate('Next'), 1));
        }

        week() {
            const [short, long] = [weekdays('narrow'), weekdays('long')];
            const order = Array.from({length: 7}, (unused, index) => (index + this.first) % 7);
            return make('tr', {}, ...order.map((day) => make('th', {scope: 'col', 'aria-label': long[day]}, short[day])));
        }

        move(monthsOn) {
            const month = this.day.getUTCMonth() + monthsOn;
            const last = new Date(Date.UTC(this.day.getUTCFullYear(), month + 1, 0)).getUTCDate();
            this.show(new Date(Date.UTC(this.day.getUTCFullYear(), month, Math.min(this.day.getUTCDate(), last))), this.selected);
        }

        show(day, selected) {
            this.day = day;
            this.selected = selected;
            const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
            this.title.textContent = `${months('long')[month]} ${year}`;
            const first = new Date(Date.UTC(year, month, 1));
            const before = (first.getUTCDay() - this.first + 7) % 7;
            const count = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
            const cells = Array.from({length: Math.ceil((before + count) / 7) * 7}, (unused, index) => {
                const number = index - before + 1;
                return number < 1 || number > count ? make('td') : make('td', {}, this.button(new Date(Date.UTC(year, month, number))));
            });
            this.body.replaceChildren();
            while (cells.length) {
                this.body.append(make('tr', {}, ...cells.splice(0, 7)));
            }
        }

        button(date) {
            const same = (other) => other !== null && date.getTime() === other.getTime();
            const button = make('button', {
                type: 'button',
                'class': [same(this.today) && 'today', same(this.selected) && 'selected'].filter(Boolean).join(' ') || null,
                'aria-pressed': same(this.selected) ? 'true' : null,
                'aria-current': same(this.today) ? 'date' : null,
                'data-date': write(date, '%Y-%m-%d'),
                tabindex: same(this.day) ? '0' : '-1',
            }, String(date.getUTCDate()));
            button.addEventListener('click', () => this.pick(date));
            return button;
        }

        focus() {
            this.body.querySelector('[tabindex="0"]')?.focus();
        }

        key(event) {
            const side = getComputedStyle(this.element).direction === 'rtl' ? -1 : 1;
            const days = {ArrowLeft: -side, ArrowRight: side, ArrowUp: -7, ArrowDown: 7}[event.key];
            if (!event.target.dataset.date) {
                return;
            }
            if (days !== undefined) {
                this.show(new Date(this.day.getTime() + days * DAY), this.selected);
            } else if (event.key === 'PageUp' || event.key === 'PageDown') {
                this.move((event.key === 'PageUp' ? -1 : 1) * (event.shiftKey ? 12 : 1));
            } else {
                return;
            }
            event.preventDefault();
            this.focus();
        }
    }

    window.offbeatCalendar ||= Object.freeze({Calendar, read, write, firstFormat});
}
