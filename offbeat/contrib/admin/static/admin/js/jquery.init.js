// For packages whose scripts want django.jQuery: the jQuery that the project loads before this file.
'use strict';
{
    window.django ||= {};
    if (window.jQuery) {
        window.django.jQuery = window.jQuery.noConflict(true);
    }
}
