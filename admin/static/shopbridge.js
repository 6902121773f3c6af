/* Shopbridge behaviour: one file, no inline handlers, works under script-src 'self'.
   Everything hangs on data attributes; without this file links and forms still work. */
(function () {
  'use strict';
  var doc = document, root = doc.documentElement;
  function all(sel, from) { return Array.prototype.slice.call((from || doc).querySelectorAll(sel)); }
  function on(type, sel, fn, capture) {
    doc.addEventListener(type, function (e) {
      var hit = e.target.closest && e.target.closest(sel);
      if (hit) fn(e, hit);
    }, !!capture);
  }
  var live = doc.getElementById('sb-live');
  function say(text) { if (live) { live.textContent = ''; setTimeout(function () { live.textContent = text; }, 30); } }

  /* Theme and density are cookies; the server writes them as data-theme and data-density, so nothing flashes. */
  function keep(name, value) {
    doc.cookie = name + '=' + value + '; path=/; max-age=31536000; samesite=lax' + (location.protocol === 'https:' ? '; secure' : '');
  }
  on('click', '[data-theme-set]', function (e, b) {
    root.dataset.theme = b.dataset.themeSet;
    keep('sb_theme', b.dataset.themeSet);
    say('Colours: ' + b.dataset.themeSet);
  });
  on('click', '[data-density-set]', function (e, b) {
    var tight = root.dataset.density !== b.dataset.densitySet;
    root.dataset.density = tight ? b.dataset.densitySet : '';
    keep('sb_density', tight ? b.dataset.densitySet : 'normal');
    b.setAttribute('aria-pressed', String(tight));
  });

  /* Menus made of <details>: one open at a time, Escape and a click outside close. */
  doc.addEventListener('click', function (e) {
    all('details.sb-menu[open]').forEach(function (d) { if (!d.contains(e.target)) d.open = false; });
  });
  doc.addEventListener('keydown', function (e) {
    if (e.key !== 'Escape') return;
    all('details.sb-menu[open]').forEach(function (d) { d.open = false; d.querySelector('summary').focus(); });
    drawer(false);
  });

  /* Menu on narrow screens. */
  function drawer(open) {
    var b = doc.querySelector('.sb-burger');
    if (!b || doc.body.classList.contains('sb-nav-open') === open) return;
    doc.body.classList.toggle('sb-nav-open', open);
    b.setAttribute('aria-expanded', String(open));
    (open ? doc.querySelector('.sb-nav a') : b).focus();
  }
  on('click', '.sb-burger', function () { drawer(!doc.body.classList.contains('sb-nav-open')); });

  /* Copy: the button names what it copied, to the eye and to the screen reader. */
  on('click', '[data-copy]', function (e, b) {
    var from = doc.getElementById(b.dataset.copy), text = from ? (from.value || from.textContent.trim()) : b.dataset.copyText;
    function done() {
      var word = b.querySelector('[data-word]') || b, old = word.textContent;
      b.classList.add('is-done'); word.textContent = 'Copied';
      say((b.dataset.copyName || 'Value') + ' copied');
      setTimeout(function () { b.classList.remove('is-done'); word.textContent = old; }, 1600);
    }
    if (navigator.clipboard && isSecureContext) { navigator.clipboard.writeText(text).then(done); return; }
    if (from && from.select) { from.select(); doc.execCommand('copy'); done(); }
  });

  /* Rows that open. */
  on('click', '[data-expand]', function (e, b) {
    var row = doc.getElementById(b.dataset.expand), open = b.getAttribute('aria-expanded') !== 'true';
    b.setAttribute('aria-expanded', String(open));
    row.hidden = !open;
    b.closest('tr').classList.toggle('is-open', open);
  });

  /* Choosing rows. "All that match" is a promise about the filter; the server counts it again and asks. */
  function count() {
    var bar = doc.querySelector('[data-bulk]'); if (!bar) return;
    var rows = all('[data-row]'), ticked = rows.filter(function (c) { return c.checked; });
    rows.forEach(function (c) { c.closest('tr').classList.toggle('is-selected', c.checked); });
    var head = doc.querySelector('[data-row-all]');
    if (head) {
      head.checked = rows.length > 0 && ticked.length === rows.length;
      head.indeterminate = ticked.length > 0 && ticked.length < rows.length;
    }
    bar.hidden = ticked.length === 0;
    bar.querySelector('[data-bulk-text]').textContent = ticked.length + ' selected on this page';
    var more = bar.querySelector('[data-bulk-all]'); if (more) more.hidden = false;
    var every = doc.getElementById('bulk-all'); if (every) every.value = '';
  }
  on('change', '[data-row]', count);
  on('change', '[data-row-all]', function (e, h) { all('[data-row]').forEach(function (c) { c.checked = h.checked; }); count(); });
  on('click', '[data-bulk-clear]', function () { all('[data-row]').forEach(function (c) { c.checked = false; }); count(); });
  on('click', '[data-bulk-all]', function (e, b) {
    b.closest('[data-bulk]').querySelector('[data-bulk-text]').textContent = b.dataset.bulkAll;
    var every = doc.getElementById('bulk-all'); if (every) every.value = '1';
    b.hidden = true; say(b.dataset.bulkAll);
  });
  count();

  /* Dialogs. A button that opens one may hand it values: data-fill='{"field id": "value"}'. */
  on('click', '[data-open]', function (e, b) {
    var d = doc.getElementById(b.dataset.open);
    if (!d || !d.showModal) return;
    e.preventDefault();
    var fill = b.dataset.fill ? JSON.parse(b.dataset.fill) : {};
    Object.keys(fill).forEach(function (id) {
      var f = doc.getElementById(id); if (!f) return;
      if ('value' in f) f.value = fill[id]; else f.textContent = fill[id];
    });
    d.showModal();
  });
  on('click', '[data-close]', function (e, b) { b.closest('dialog').close(); });
  all('dialog[data-show]').forEach(function (d) { if (d.showModal) d.showModal(); });

  /* One dialog asks for all plain confirmations; the form or link goes on only after "yes". */
  var asked = null, sure = null;
  on('click', '[data-hub-confirm]', function (e, b) {
    var d = doc.getElementById('sb-confirm');
    if (b === sure || !d || !d.showModal) { sure = null; return; }
    e.preventDefault(); e.stopPropagation();
    asked = b;
    d.querySelector('[data-confirm-text]').textContent = b.dataset.hubConfirm;
    d.querySelector('[data-confirm-yes]').textContent = b.dataset.hubYes || b.textContent.trim();
    d.showModal();
  }, true);
  on('click', '[data-confirm-yes]', function () {
    sure = asked; doc.getElementById('sb-confirm').close(); if (sure) sure.click();
  });

  /* Choosing the start of a date range from a ready-made period. */
  on('click', '[data-date-set]', function (e, b) {
    var f = doc.getElementById(b.dataset.dateFor); if (f) { f.value = b.dataset.dateSet; f.focus(); }
  });

  /* A choice that is sent as soon as it is made (sorting, period, timeline filter). */
  on('change', '[data-send]', function (e, f) { f.form.requestSubmit ? f.form.requestSubmit() : f.form.submit(); });
  all('[data-send-button]').forEach(function (b) { b.hidden = true; });

  /* Shown and hidden secrets: only what was typed on this page, never a stored one. */
  on('click', '[data-reveal]', function (e, b) {
    var f = doc.getElementById(b.dataset.reveal), shown = f.type === 'text';
    f.type = shown ? 'password' : 'text'; b.textContent = shown ? 'Show' : 'Hide'; b.setAttribute('aria-pressed', String(!shown));
  });

  /* Suggestions while typing: a field with data-lookup asks the server and fills a list of radio buttons. */
  var typing = 0;
  on('input', '[data-lookup]', function (e, f) {
    clearTimeout(typing);
    typing = setTimeout(function () {
      var box = doc.getElementById(f.dataset.lookupInto), address = f.dataset.lookup;
      fetch(address + (address.indexOf('?') < 0 ? '?' : '&') + 'q=' + encodeURIComponent(f.value), { headers: { Accept: 'text/html' }, credentials: 'same-origin' })
        .then(function (a) { return a.ok ? a.text() : ''; })
        .then(function (html) { if (html) { box.innerHTML = html; say(box.textContent.trim().slice(0, 120)); } });
    }, 250);
  });

  /* A form with data-draft keeps what is typed while it is typed; passwords and files are left out. */
  var keeping = 0;
  on('input', 'form[data-draft] :is(input, select, textarea)', function (e, f) {
    clearTimeout(keeping);
    keeping = setTimeout(function () {
      var body = new URLSearchParams();
      all('input, select, textarea', f.form).forEach(function (x) {
        if (x.name && x.type !== 'password' && x.type !== 'file' && (x.type !== 'checkbox' || x.checked)) body.append(x.name, x.value);
      });
      fetch(f.form.dataset.draft, { method: 'POST', body: body, credentials: 'same-origin' }).catch(function () { /* the next keystroke tries again */ });
    }, 400);
  });

  /* Unsaved changes. */
  on('input', 'form[data-guard] :is(input, select, textarea)', function (e, f) {
    var bar = f.form.querySelector('.sb-save'); if (bar) bar.hidden = false;
  });
  on('reset', 'form[data-guard]', function (e, f) { var bar = f.querySelector('.sb-save'); if (bar) bar.hidden = true; });

  /* Keys: "/" search, "?" help, "g" then a letter goes somewhere. Never while typing. */
  var g = 0;
  doc.addEventListener('keydown', function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || doc.querySelector('dialog[open]')) return;
    if (e.key === '/') { var q = doc.getElementById('sb-q'); if (q && q.offsetParent) { e.preventDefault(); q.focus(); } return; }
    if (e.key === '?') { var k = doc.getElementById('sb-keys'); if (k) k.showModal(); return; }
    if (e.key === 'g') { g = Date.now(); return; }
    if (Date.now() - g < 1200) { var to = doc.querySelector('[data-key="' + e.key + '"]'); if (to) to.click(); g = 0; }
  });

  /* A part that refreshes itself: asks every 2 s, every 10 s after a minute, and stops when the answer says so.
     The server sends the part as HTML; "X-Poll: stop" ends it, "X-Poll: reload" loads the whole page once more. */
  all('[data-poll]').forEach(function (part) {
    var started = Date.now(), told = 0;
    function later() { setTimeout(ask, Date.now() - started < 60000 ? 2000 : 10000); }
    function ask() {
      if (doc.hidden) { later(); return; }
      fetch(part.dataset.poll, { headers: { Accept: 'text/html', 'X-Requested-By': 'poll' }, credentials: 'same-origin' }).then(function (answer) {
        if (!answer.ok) { later(); return; }
        var then = answer.headers.get('X-Poll');
        return answer.text().then(function (html) {
          if (then === 'reload') { location.reload(); return; }
          if (part.contains(doc.activeElement) && then !== 'stop') { later(); return; }
          part.innerHTML = html;
          if (Date.now() - told > 10000) {
            var line = part.querySelector('[data-live-text]'); if (line) say(line.textContent.trim());
            told = Date.now();
          }
          if (then !== 'stop') later();
        });
      }).catch(later);
    }
    later();
  });
})();
