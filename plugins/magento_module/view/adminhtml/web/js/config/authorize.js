/**
 * Get Access Token: opens TikTok Shop's page, waits until the seller is back, and shows the page anew.
 */
define(['jquery', 'Magento_Ui/js/modal/alert', 'Shopbridge_TikTokShop/js/ask'], function ($, alert, ask) {
    'use strict';

    var EVERY_MS = 2000;

    return function (config, element) {
        var says = $('[data-role=says]', element),
            button = $('[data-role=start]', element),
            timer = null;

        function end(text) {
            window.clearTimeout(timer);
            button.prop('disabled', false);
            says.text(text);
        }

        function wait() {
            timer = window.setTimeout(function () {
                ask(config.standingUrl).done(function (answer) {
                    if (answer.is === 'waiting') {
                        wait();
                    } else if (answer.is === 'done') {
                        end('');
                        alert({
                            title: config.says.title,
                            content: config.says.done,
                            actions: {
                                always: function () {
                                    window.location.reload();
                                }
                            }
                        });
                    } else {
                        end(config.says.failed + ' ' + answer.says);
                    }
                }).fail(end);
            }, EVERY_MS);
        }

        button.on('click', function () {
            // Opened at once, inside the click: browsers block windows that open later.
            var consent = window.open('about:blank', 'shopbridge-consent', 'width=900,height=760');

            button.prop('disabled', true);
            ask(config.startUrl, {}, 'POST').done(function (answer) {
                says.text(config.says.waiting);
                if (consent) {
                    consent.opener = null;
                    consent.location = answer.url;
                } else {
                    says.text(config.says.blocked + ' ').append(
                        $('<a target="_blank" rel="noopener">').attr('href', answer.url).text(answer.url)
                    );
                }
                wait();
            }).fail(function (text) {
                if (consent) {
                    consent.close();
                }
                end(text);
            });
        });
    };
});
