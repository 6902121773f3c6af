"""What answers over HTTP besides the admin screens: webhooks, sign-in returns of the platforms, health, headers."""
