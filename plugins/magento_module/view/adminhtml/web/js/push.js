/**
 * Only the warehouses of the chosen shop can be picked; Proceed is pressed once.
 */
define(['jquery'], function ($) {
    'use strict';

    return function (config, element) {
        var shop = $('#shopbridge-shop', element),
            warehouse = $('#shopbridge-warehouse', element),
            all = warehouse.find('option').detach();

        function show() {
            var chosen = all.filter('[selected]').val();

            warehouse.empty().append(all.filter(function () {
                return $(this).attr('data-shop') === shop.val();
            }));
            if (warehouse.find('option').filter(function () { return this.value === chosen; }).length) {
                warehouse.val(chosen);
            }
        }

        show();
        shop.on('change', show);
        $(element).closest('form').on('submit', function () {
            $(this).find('[type=submit]').prop('disabled', true);
            $('body').trigger('processStart');
        });
    };
});
