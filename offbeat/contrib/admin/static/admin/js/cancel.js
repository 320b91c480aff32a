// "No, take me back": the page before, or a window that closes where it was opened for a question.
'use strict';
{
    window.offbeatAdmin.ready(() => {
        for (const link of document.querySelectorAll('.cancel-link')) {
            link.addEventListener('click', (event) => {
                event.preventDefault();
                const popup = new URLSearchParams(window.location.search).has('_popup');
                if (popup && window.opener) {
                    window.close();
                } else if (window.history.length > 1) {
                    window.history.back();
                } else {
                    window.location.assign(link.href);
                }
            });
        }
    });
}
