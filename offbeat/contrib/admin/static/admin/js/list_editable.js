// Fields in the cells of a list are named for screen readers after their column and their row.
'use strict';
{
    window.offbeatAdmin.ready(() => {
        const table = document.getElementById('result_list');
        const heads = [...table?.tHead?.rows[0].cells ?? []].map((cell) => cell.querySelector('.text')?.textContent.trim() ?? '');
        for (const row of table?.tBodies[0].rows ?? []) {
            const name = (row.querySelector('th') || row.cells[1])?.textContent.trim() ?? '';
            for (const field of row.querySelectorAll('input:not([type="hidden"]), select, textarea')) {
                if (!field.labels?.length && !field.hasAttribute('aria-label')) {
                    field.setAttribute('aria-label', `${heads[field.closest('td, th').cellIndex]}: ${name}`);
                }
            }
        }
    });
}
