"""The road: what may happen to a lot on its way through origin, transit, transformation and certification."""
