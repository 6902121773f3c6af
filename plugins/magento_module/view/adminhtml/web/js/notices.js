/**
 * Notices above the product list: asks how far the pushes are while one runs, and then shows how it ended.
 */
define(['jquery', 'uiRegistry', 'Shopbridge_TikTokShop/js/ask'], function ($, registry, ask) {
    'use strict';

    var FIRST_MS = 2000,
        LONGEST_MS = 15000,
        GRID = 'product_listing.product_listing_data_source';

    return function (config, element) {
        var panel = $(element),
            wait = FIRST_MS,
            ran = false;

        function show(answer) {
            var runs = false;

            panel.empty();
            $.each(answer.notices, function (index, notice) {
                runs = runs || notice.isRunning;
                panel.append($('<div class="message">').addClass('message-' + notice.kind + ' ' + notice.kind).append(
                    $('<div>').text(notice.says + ' ').append(
                        $('<a>').attr('href', notice.url).text(config.details),
                        document.createTextNode(' '),
                        $('<button type="button" class="action-tertiary shopbridge-dismiss">').text(config.dismiss).on('click', function () {
                            load({dismiss: notice.id});
                        })
                    )
                ));
            });
            if (runs) {
                window.setTimeout(load, wait);
                wait = Math.min(wait * 1.3, LONGEST_MS);
            } else if (ran) {
                registry.async(GRID)(function (grid) {
                    grid.reload({refresh: true});
                });
            }
            ran = runs;
        }

        function load(what) {
            ask(config.url, what || {}, 'POST').done(show);
        }

        load();
    };
});
