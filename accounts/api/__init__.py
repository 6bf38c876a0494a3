"""The endpoints of what is a reader's own, and of the lists that show it."""
