/**
 * Fills a panel with what the hub says: rows of label and value, or a sentence of what to do.
 */
define(['jquery', 'Shopbridge_TikTokShop/js/ask'], function ($, ask) {
    'use strict';

    return function (config, element) {
        var panel = $(element);

        panel.empty().append($('<p class="note">').text(config.asking));
        ask(config.url).done(function (answer) {
            var list = $('<table class="shopbridge-list">');

            panel.empty();
            if (answer.state) {
                panel.append($('<p class="shopbridge-state">').addClass('_' + answer.state.kind).text(answer.state.says));
            }
            $.each(answer.rows || [], function (index, row) {
                list.append($('<tr>').append($('<th scope="row">').text(row.label), $('<td>').text(row.value)));
            });
            panel.append(list);
            $.each(answer.problems || [], function (index, problem) {
                panel.append($('<div class="message message-warning">').text(problem));
            });
        }).fail(function (says) {
            panel.empty().append($('<div class="message message-error">').text(says));
        });
    };
});
