/**
 * TikTok Shop on the product page: shows what Magento knows, then what the hub answers.
 */
define(['uiElement', 'Shopbridge_TikTokShop/js/ask'], function (Element, ask) {
    'use strict';

    return Element.extend({
        defaults: {
            template: 'Shopbridge_TikTokShop/form/listing-panel',
            url: '',
            isConnected: false,
            isNew: false,
            rows: [],
            says: ''
        },

        /** @inheritdoc */
        initialize: function () {
            this._super();
            if (this.url) {
                ask(this.url).done(function (answer) {
                    this.rows(answer.rows);
                }.bind(this)).fail(this.says);
            }

            return this;
        },

        /** @inheritdoc */
        initObservable: function () {
            return this._super().observe('rows says');
        }
    });
});
