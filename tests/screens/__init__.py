"""What a person clicks and reads."""
