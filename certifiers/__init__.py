"""The judges: whom to believe, what a certificate means, and how to verify a lot offline."""
