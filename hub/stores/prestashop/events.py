"""PrestaShop's messages: the module signs and words them as every plugin does (contracts/plugins.md 2)."""

from hub.stores.hooks import read_events

__all__ = ["read_events"]
