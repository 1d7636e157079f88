"""The doors: HTTP, client and command line; the only floor where parts are wired together."""
