"""What the hub must not do, whoever asks: other people's rows, forged forms, secrets in the open (reliability Part 4b)."""
