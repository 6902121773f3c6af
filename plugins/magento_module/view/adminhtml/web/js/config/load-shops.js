/**
 * Load Shop Id List: fills the list of shops anew and keeps the choice.
 */
define(['jquery', 'Shopbridge_TikTokShop/js/ask'], function ($, ask) {
    'use strict';

    return function (config, element) {
        var says = $('[data-role=says]', element),
            button = $('[data-role=load]', element);

        button.on('click', function () {
            var select = $(document.getElementById(config.select)),
                chosen = select.val();

            says.text(config.loading);
            button.prop('disabled', true);
            ask(config.url, {}, 'POST').done(function (answer) {
                select.find('option').slice(1).remove();
                $.each(answer.shops, function (index, shop) {
                    select.append($('<option>').val(shop.value).text(shop.label));
                });
                select.val(chosen || answer.chosen || (answer.shops.length === 1 ? answer.shops[0].value : ''));
                says.text(answer.says);
                select.trigger('change').trigger('focus');
            }).fail(function (text) {
                says.text(text);
            }).always(function () {
                button.prop('disabled', false);
            });
        });
    };
});
