/**
 * The order page's box of TikTok Shop: the newest status and problems, once the hub has answered. What stands there stays
 * where it does not.
 */
define(['jquery', 'Shopbridge_TikTokShop/js/ask'], function ($, ask) {
    'use strict';

    return function (config, element) {
        ask(config.url).done(function (answer) {
            $('[data-role=status]', element).text(answer.status);
            $.each(answer.problems, function (index, says) {
                $('.admin__page-section-content', element).first().before($('<div class="message message-warning">').text(says));
            });
        });
    };
});
