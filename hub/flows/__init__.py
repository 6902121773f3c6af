"""What the product does, one promise per function: load, ask the rules, call the platforms, write down the result."""
