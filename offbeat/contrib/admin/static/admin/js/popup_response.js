// The last page of a popup: hands the outcome to the page that opened it, which closes this window.
'use strict';
{
    const constants = document.getElementById('django-admin-popup-response-constants');
    const data = JSON.parse(constants.dataset.popupResponse);
    const opener = window.opener;
    if (opener) {
        switch (data.action) {
        case 'change':
            opener.dismissChangeRelatedObjectPopup(window, data.value, data.obj, data.new_value);
            break;
        case 'delete':
            opener.dismissDeleteRelatedObjectPopup(window, data.value);
            break;
        default:
            opener.dismissAddRelatedObjectPopup(window, data.value, data.obj, data.optgroup);
        }
    }
}
