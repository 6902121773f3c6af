/**
 * Tracking numbers of a TikTok Shop order: with the carrier TikTok Shopping the title is chosen from TikTok's providers.
 */
define(['jquery', 'Shopbridge_TikTokShop/js/ask'], function ($, ask) {
    'use strict';

    return function (config, element) {
        var names = null,
            problem = $(element);

        function offer(select, title) {
            var list = $('<select class="admin__control-select shopbridge-provider">').attr('aria-label', config.label);

            list.append($('<option>').val('').text(config.choose));
            $.each(names, function (index, name) {
                list.append($('<option>').val(name).text(name));
            });
            list.on('change', function () {
                title.val(list.val());
            });
            title.val('').hide().after(list);
        }

        function follow(select) {
            var title = $(select).closest('tr').find('input[name*="[title]"], input[name=title]');

            title.siblings('.shopbridge-provider').remove();
            title.show();
            if ($(select).val() !== config.carrier) {
                return;
            }
            if (names) {
                offer(select, title);

                return;
            }
            ask(config.url).done(function (answer) {
                names = answer.names;
                follow(select);
            }).fail(function (says) {
                problem.text(says).prop('hidden', false);
            });
        }

        $(document).on('change', 'select[name*="[carrier_code]"], #shipment_tracking_info select[name=carrier], #tracking_numbers_table select[name=carrier]', function () {
            var select = this;

            // After the page's own handler, which writes the carrier's name into the title.
            window.setTimeout(function () {
                follow(select);
            }, 0);
        });
    };
});
