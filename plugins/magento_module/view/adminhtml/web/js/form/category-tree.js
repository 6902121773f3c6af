/**
 * "Categories in TikTok Shop": a tree that is read as it is opened, searched by words, and walked by keys. Only a category
 * without further levels can be chosen.
 */
define([
    'jquery',
    'underscore',
    'ko',
    'Magento_Ui/js/form/element/abstract',
    'Shopbridge_TikTokShop/js/ask',
    'mage/translate'
], function ($, _, ko, Element, ask, $t) {
    'use strict';

    var SEARCH_MS = 300;

    return Element.extend({
        defaults: {
            findUrl: '',
            isConnected: false,
            isAllowed: true,
            chosenPath: '',
            inherited: null,
            isOpen: false,
            words: '',
            says: '',
            nodes: [],
            listens: {
                words: 'search'
            }
        },

        /** @inheritdoc */
        initialize: function () {
            this._super();
            this.find = _.debounce(this.find.bind(this), SEARCH_MS);

            return this;
        },

        /** @inheritdoc */
        initObservable: function () {
            return this._super().observe('chosenPath isOpen words says nodes');
        },

        /** What stands in the field: the own choice, the one from above, or none. */
        standing: function () {
            if (this.value()) {
                return this.chosenPath() || this.value();
            }

            return this.inherited ? this.inherited.path : $t('None: products of this category are not listed.');
        },

        /** Where it comes from. */
        origin: function () {
            if (this.value()) {
                return this.inherited ? $t('Chosen here. Without it: %1').replace('%1', this.inherited.path) : '';
            }

            return this.inherited ? $t('Taken over from “%1”.').replace('%1', this.inherited.from) : '';
        },

        /**
         * The sign before a category: chosen, open, closed.
         *
         * @param {Object} node
         * @returns {String}
         */
        mark: function (node) {
            if (node.isLeaf) {
                return node.isChosen ? '\u2713' : '';
            }

            return node.isExpanded() ? '\u25be' : '\u25b8';
        },

        /** Opens or closes the tree. */
        toggle: function () {
            this.isOpen(!this.isOpen());
            if (this.isOpen() && !this.nodes().length) {
                this.load('0', null);
            }
        },

        /** No choice of its own any more. */
        clear: function () {
            this.value('');
            this.chosenPath('');
        },

        /**
         * Takes a category without further levels; opens or closes any other.
         *
         * @param {Object} node
         */
        pick: function (node) {
            if (node.canBeChosen) {
                this.chosenPath(node.path);
                this.value(node.id);
                this.isOpen(false);
                $(document.getElementById(this.uid + '-open')).trigger('focus');
            } else if (node.isLeaf) {
                this.says($t('TikTok Shop opens this category to invited sellers only.'));
            } else if (node.isExpanded()) {
                this.fold(node);
            } else {
                this.load(node.id, node);
            }
        },

        /** What the search field holds decides what is listed. */
        search: function () {
            this.find();
        },

        /** Lists what fits the words; the tree from its top where there are none. */
        find: function () {
            var words = (this.words() || '').trim();

            if (!this.isOpen()) {
                return;
            }
            if (!words) {
                this.load('0', null);

                return;
            }
            this.ask({q: words}, function (found) {
                this.nodes(found.map(function (one) {
                    return this.node(one, 1, one.path);
                }, this));
                this.says(found.length ? $t('%1 found').replace('%1', found.length) : $t('Nothing found. Try fewer words.'));
            }.bind(this));
        },

        /**
         * Reads what lies below a node and shows it under it.
         *
         * @param {String} id
         * @param {Object|null} under
         */
        load: function (id, under) {
            this.ask({parent: id}, function (found) {
                var level = under ? under.level + 1 : 1,
                    added = found.map(function (one) {
                        return this.node(one, level, one.name);
                    }, this),
                    all = this.nodes();

                if (under) {
                    under.isExpanded(true);
                    this.nodes(all.slice(0, all.indexOf(under) + 1).concat(added, all.slice(all.indexOf(under) + 1)));
                } else {
                    this.nodes(added);
                }
                this.says(added.length || under ? '' : $t('The hub has not read TikTok Shop\'s categories yet. Try again in a minute.'));
            }.bind(this));
        },

        /**
         * Hides what lies below a node.
         *
         * @param {Object} node
         */
        fold: function (node) {
            var all = this.nodes(),
                at = all.indexOf(node),
                end = at + 1;

            while (end < all.length && all[end].level > node.level) {
                end++;
            }
            node.isExpanded(false);
            this.nodes(all.slice(0, at + 1).concat(all.slice(end)));
        },

        /**
         * @param {Object} one
         * @param {Number} level
         * @param {String} label
         * @returns {Object}
         */
        node: function (one, level, label) {
            return _.extend(one, {
                level: level,
                label: label,
                isChosen: one.id === this.value(),
                isExpanded: ko.observable(false)
            });
        },

        /**
         * @param {Object} what
         * @param {Function} then
         */
        ask: function (what, then) {
            this.says($t('Loading …'));
            ask(this.findUrl, what).done(function (answer) {
                then(answer.categories);
            }).fail(this.says);
        },

        /**
         * Arrow keys walk the tree: down, up, right opens, left closes.
         *
         * @param {Object} node
         * @param {Event} event
         * @returns {Boolean} whether the key keeps its usual meaning
         */
        walk: function (node, event) {
            var rows = $(event.currentTarget).closest('[role=tree]').find('[role=treeitem]'),
                at = rows.index(event.currentTarget);

            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
                rows.eq(event.key === 'ArrowDown' ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)).trigger('focus');
            } else if (event.key === 'ArrowRight' && !node.isLeaf && !node.isExpanded()) {
                this.load(node.id, node);
            } else if (event.key === 'ArrowLeft' && node.isExpanded()) {
                this.fold(node);
            } else if (event.key === 'Escape') {
                this.isOpen(false);
                $(document.getElementById(this.uid + '-open')).trigger('focus');
            } else {
                return true;
            }

            return false;
        }
    });
});
