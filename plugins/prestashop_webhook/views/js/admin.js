/**
 * Shopbridge: sells a shop's products on TikTok Shop.
 *
 * @author    Shopbridge
 * @copyright Shopbridge contributors
 * @license   https://www.apache.org/licenses/LICENSE-2.0 Apache License 2.0
 */
(function () {
  'use strict';
  document.addEventListener('click', function (event) {
    var careful = event.target.closest ? event.target.closest('[data-shopbridge-confirm]') : null;
    if (careful && careful.getAttribute('data-shopbridge-confirm') && !window.confirm(careful.getAttribute('data-shopbridge-confirm'))) {
      event.preventDefault();
      return;
    }
    var button = event.target.closest ? event.target.closest('[data-shopbridge-copy]') : null;
    if (!button) {
      return;
    }
    var field = document.getElementById(button.getAttribute('data-shopbridge-copy'));
    var before = button.textContent;
    var done = function () {
      button.textContent = button.getAttribute('data-copied');
      window.setTimeout(function () { button.textContent = before; }, 1600);
    };
    field.select();
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(field.value).then(done, function () { document.execCommand('copy'); done(); });
    } else {
      document.execCommand('copy');
      done();
    }
  });
}());
