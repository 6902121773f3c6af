/**
 * Asks one of our own admin addresses for JSON. Resolves with its answer, rejects with a sentence for the merchant.
 */
define(['jquery', 'mage/translate'], function ($, $t) {
    'use strict';

    return function (url, data, method) {
        var asked = $.Deferred();

        $.ajax({
            url: url,
            method: method || 'GET',
            dataType: 'json',
            timeout: 30000,
            data: method === 'POST' ? $.extend({'form_key': window.FORM_KEY}, data) : data
        }).done(function (answer) {
            if (answer && answer.ajaxExpired) {
                window.location.reload();
            } else if (!answer || answer.error) {
                asked.reject(answer && answer.error || $t('Magento gave no answer that can be read. Reload the page.'));
            } else {
                asked.resolve(answer);
            }
        }).fail(function () {
            asked.reject($t('Magento did not answer. Check the connection and try again.'));
        });

        return asked.promise();
    };
});
