/**
 * Send Test Event: one message to the hub, and what it answered.
 */
define(['jquery', 'Shopbridge_TikTokShop/js/ask'], function ($, ask) {
    'use strict';

    return function (config, element) {
        var says = $('[data-role=says]', element),
            button = $('[data-role=test]', element);

        button.on('click', function () {
            button.prop('disabled', true);
            says.text(config.asking);
            ask(config.url, {}, 'POST').done(function (answer) {
                says.text(answer.says);
            }).fail(function (text) {
                says.text(text);
            }).always(function () {
                button.prop('disabled', false);
            });
        });
    };
});
