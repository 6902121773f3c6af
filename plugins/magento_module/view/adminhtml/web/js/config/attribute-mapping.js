/**
 * The attribute mapping: the chosen TikTok categories say which attributes are asked for; each is answered by a Magento
 * attribute. Equal names answer by themselves. Without a category there is nothing to answer.
 */
define(['jquery', 'underscore', 'Shopbridge_TikTokShop/js/ask', 'mage/translate'], function ($, _, ask, $t) {
    'use strict';

    return function (config, element) {
        var root = $(element),
            field = $('[data-role=value]', root),
            categories = $('[data-role=categories]', root),
            says = $('[data-role=says]', root),
            place = $('[data-role=attributes]', root),
            byCode = _.indexBy(config.attributes, 'code'),
            shown = [];

        function label(code) {
            return byCode[code] ? byCode[code].label : code;
        }

        /** What is saved with the page: only categories that were looked at. */
        function keep() {
            var choices = {};

            _.each(shown, function (row) {
                if (row.from) {
                    choices[row.id] = {from: label(row.from)};
                } else if (row.fixed) {
                    choices[row.id] = {text: row.fixed};
                }
            });
            field.val(shown.length ? JSON.stringify({categories: categories.val() || [], attributes: choices}) : '');
        }

        function warn(row, cell) {
            var code = row.from || row.automatic;

            cell.find('.message').remove();
            if (row.isSale && code && byCode[code] && !byCode[code].inListing) {
                cell.append($('<div class="message message-warning">').text(
                    $t('“%1” is not used in product listings: set Stores › Attributes › Product › %1 › Storefront Properties › Used in Product Listing to Yes.')
                        .replace(/%1/g, label(code))
                ));
            } else if (row.required && !code && !row.fixed) {
                cell.append($('<div class="message message-warning">').text(
                    $t('TikTok Shop requires it: choose an attribute, or pushing these products fails.')
                ));
            }
        }

        function line(row) {
            var select = $('<select class="admin__control-select">').attr('aria-label', row.name),
                cell = $('<td>').append(select);

            select.append($('<option>').val('').text(
                row.automatic ? $t('Automatic: %1').replace('%1', label(row.automatic)) : $t('— None —')
            ));
            if (row.fixed) {
                select.append($('<option>').val('=').text($t('Fixed value: %1').replace('%1', row.fixed)));
            }
            _.each(config.attributes, function (one) {
                select.append($('<option>').val(one.code).text(one.label + ' (' + one.code + ')'));
            });
            select.val(row.fixed ? '=' : row.from).on('change', function () {
                row.from = select.val() === '=' ? '' : select.val();
                if (select.val() !== '=') {
                    row.fixed = '';
                }
                warn(row, cell);
                keep();
            });
            warn(row, cell);

            return $('<tr>').append(
                $('<th scope="row">').text(row.name).append(row.required ? $('<span class="shopbridge-required">').text(' ' + $t('required')) : ''),
                cell
            );
        }

        function table(title, rows) {
            if (rows.length) {
                place.append(
                    $('<h4>').text(title),
                    $('<table class="shopbridge-attributes">').append(_.map(rows, line))
                );
            }
        }

        function load() {
            var chosen = categories.val() || [];

            place.empty();
            shown = [];
            keep();
            if (!chosen.length) {
                says.text($t('Choose one or more categories to see what they ask for.'));

                return;
            }
            if (chosen.length > config.most) {
                says.text($t('Choose at most %1 categories at once.').replace('%1', config.most));

                return;
            }
            says.text($t('Loading …'));
            ask(config.url, {categories: chosen}).done(function (answer) {
                if (!_.isEqual(chosen, categories.val() || [])) {
                    return;
                }
                says.text('');
                shown = answer.attributes;
                table($t('Product Attributes'), _.where(shown, {isSale: false}));
                table($t('Sale Attributes'), _.where(shown, {isSale: true}));
            }).fail(function (text) {
                says.text(text);
            });
        }

        says.text($t('Loading …'));
        ask(config.url).done(function (answer) {
            _.each(answer.categories, function (one) {
                categories.append($('<option>').val(one.id).text(one.path));
            });
            categories.attr('size', Math.min(8, Math.max(2, answer.categories.length)));
            if (answer.categories.length) {
                categories.on('change', load);
                load();
            } else {
                categories.hide();
                says.text($t('No category has a TikTok Shop category yet. Choose some under Catalog › Categories first.'));
            }
        }).fail(function (text) {
            categories.hide();
            says.text(text);
        });
    };
});
